# Power model of dose proportionality by lm().
source("common.R")

drawn <- function(seed, n, slope) {
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  dose <- rep(c(0.5, 1, 2), length.out = n)
  list(dose = dose, value = signif(9000 * dose^slope * exp(1.2 * qnorm(runif(n))), 4))
}
data <- list(twenty = drawn(41, 20, 1), flat = drawn(42, 11, 0), zeros = drawn(43, 12, 0.6),
             three = list(dose = c(1, 2, 4), value = c(3, 5, 14)))
data$zeros$value[c(2, 7)] <- 0

for (name in names(data)) for (level in c(0.9, 0.95)) {
  d <- data[[name]]
  above <- d$value > 0
  dose <- d$dose[above]
  value <- d$value[above]
  fit <- lm(log(value) ~ log(dose))
  ci <- confint(fit, level = level)
  args <- list(dose = d$dose, value = d$value, conf_level = level)
  oracle(paste(name, 100 * level, sep = "_"), "power_model.power_model", args, list(
    n = length(value), n_zero = sum(!above), n_doses = length(unique(dose)), slope = coef(fit)[[2]],
    std_error = sqrt(vcov(fit)[2, 2]), lower = ci[2, 1], upper = ci[2, 2], intercept = coef(fit)[[1]],
    sigma = summary(fit)$sigma, r2 = summary(fit)$r.squared, mean_log_dose = mean(log(dose)),
    squares = sum((log(dose) - mean(log(dose)))^2)
  ))
  at <- c(0.5, 0.8, 1, 3)
  band <- exp(predict(fit, data.frame(dose = at), interval = "confidence", level = level))
  oracle(paste(name, "line", 100 * level, sep = "_"), "power_model.line",
         list(fit = nested("power_model.power_model", args), dose = at),
         list(mean = unname(band[, 1]), lower = unname(band[, 2]), upper = unname(band[, 3])))
}
# lm() gives no slope for one dose and no standard error for two values.
oracle("one_dose", "power_model.power_model", list(dose = c(1, 1, 1), value = c(2, 3, 4)),
       list(n = 3, n_doses = 1, slope = NA, lower = NA))
two <- lm(log(c(2, 3)) ~ log(c(1, 4)))
oracle("two_values", "power_model.power_model", list(dose = c(1, 4), value = c(2, 3)),
       list(n = 2, slope = coef(two)[[2]], intercept = coef(two)[[1]], std_error = NA, upper = NA))

write_oracle("power_model.csv")
