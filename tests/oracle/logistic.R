# Logistic regression on one exposure by glm(), iterated to convergence; profile limits by solving
# for the fall of the deviance itself (confint() interpolates).
source("common.R")

tight <- glm.control(epsilon = 1e-14, maxit = 200)

profile_limit <- function(x, y, fit, level, side) {
  b <- coef(fit)[[2]]
  se <- sqrt(vcov(fit)[2, 2])
  fall <- function(at) {
    null <- glm(y ~ 1, binomial, offset = at * x, control = tight)
    deviance(null) - deviance(fit) - qchisq(level, 1)
  }
  far <- 4 * se
  while (fall(b + side * far) < 0) far <- 2 * far
  uniroot(fall, sort(c(b, b + side * far)), tol = 1e-14, maxiter = 1000)$root
}

drawn <- function(seed, n, slope) {
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  x <- round(3 + 2 * runif(n), 2)
  list(x = x, y = runif(n) < plogis(slope * (x - 4)))
}
data <- list(
  twenty = drawn(31, 20, 2), flat = drawn(32, 24, 0), steep = drawn(34, 40, 4),
  four = list(x = c(1, 2, 3, 4), y = c(FALSE, TRUE, FALSE, TRUE)),
  ties = list(x = c(1, 1, 1, 2, 2, 2, 5, 5), y = c(TRUE, FALSE, FALSE, TRUE, FALSE, TRUE, TRUE, FALSE)),
  far = list(x = 1e4 + c(0, 10, 25, 30, 45, 50), y = c(FALSE, TRUE, FALSE, TRUE, TRUE, FALSE)))

for (name in names(data)) for (level in c(0.9, 0.95)) {
  x <- data[[name]]$x
  y <- data[[name]]$y
  # centred for the fit, so that R's own iteration loses nothing
  centre <- mean(x)
  fit <- glm(y ~ I(x - centre), binomial, control = tight)
  v <- vcov(fit)
  b <- coef(fit)[[2]]
  se <- sqrt(v[2, 2])
  z <- qnorm((1 + level) / 2)
  args <- list(exposure = x, event = y, conf_level = level)
  oracle(paste(name, 100 * level, sep = "_"), "logistic.logistic", args, list(
    n = length(x), n_events = sum(y), intercept = coef(fit)[[1]] - b * centre, coefficient = b, std_error = se,
    odds_ratio = exp(b), lower = exp(b - z * se), upper = exp(b + z * se),
    profile_lower = exp(profile_limit(x - centre, y, fit, level, -1)),
    profile_upper = exp(profile_limit(x - centre, y, fit, level, 1)),
    p = 2 * pnorm(-abs(b / se)), likelihood_ratio = fit$null.deviance - deviance(fit),
    likelihood_ratio_p = pchisq(fit$null.deviance - deviance(fit), 1, lower.tail = FALSE),
    log_likelihood_null = -fit$null.deviance / 2, log_likelihood = -deviance(fit) / 2,
    intercept_variance = v[1, 1] - 2 * centre * v[1, 2] + centre^2 * v[2, 2],
    covariance = v[1, 2] - centre * v[2, 2]
  ))
  at <- seq(min(x), max(x), length.out = 5)
  link <- predict(fit, data.frame(x = at), type = "link", se.fit = TRUE)
  oracle(paste(name, "curve", 100 * level, sep = "_"), "logistic.curve",
         list(fit = nested("logistic.logistic", args), exposure = at),
         list(probability = plogis(unname(link$fit)), lower = plogis(unname(link$fit - z * link$se.fit)),
              upper = plogis(unname(link$fit + z * link$se.fit))))
}
# glm() warns that fitted probabilities are 0 or 1; here nothing is estimable.
oracle("separated", "logistic.logistic", list(exposure = 1:6, event = 1:6 > 3),
       list(n = 6, n_events = 3, odds_ratio = NA, profile_upper = NA, likelihood_ratio = NA))
oracle("quasi_separated", "logistic.logistic", list(exposure = c(1, 2, 3, 3, 4), event = c(TRUE, TRUE, TRUE, FALSE, FALSE)),
       list(n = 5, n_events = 3, coefficient = NA, lower = NA))

write_oracle("logistic.csv")
