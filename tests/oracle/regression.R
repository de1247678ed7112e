# Cox regression and the check of proportional hazards by survival, iterated to convergence.
suppressPackageStartupMessages(library(survival))
source("common.R")

drawn <- function(seed, n, ties) {
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  arm <- rep(0:1, length.out = n)
  age <- round(30 + 45 * runif(n))
  burden <- round(-20 * log(runif(n)), 1)
  event_time <- -300 * log(runif(n)) * exp(-0.5 * arm - 0.02 * (age - 50) - 0.01 * burden)
  censor_time <- 600 * runif(n)
  list(time = ceiling(pmin(event_time, censor_time) / ties) * ties, event = event_time <= censor_time,
       covariates = list(arm = arm, age = age, burden = burden), strata = rep(c("x", "y", "y", "z"), length.out = n))
}
data <- list(small = drawn(21, 16, 5), medium = drawn(22, 40, 20), larger = drawn(23, 60, 1))
control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)

for (name in names(data)) for (ties in c("efron", "breslow")) for (stratified in c(FALSE, TRUE)) {
  d <- data[[name]]
  x <- if (name == "small") d$covariates["age"] else d$covariates
  strata <- if (stratified) d$strata else rep(1, length(d$time))
  frame <- as.data.frame(x)
  model <- reformulate(c(names(x), "strata(strata)"), response = quote(Surv(d$time, d$event)))
  fit <- coxph(model, frame, ties = ties, control = control)
  s <- summary(fit)
  z <- coef(fit) / sqrt(diag(vcov(fit)))
  args <- list(time = d$time, event = d$event, covariates = x, ties = ties)
  if (stratified) args$strata <- d$strata
  case <- paste(name, ties, if (stratified) "strata" else "all", sep = "_")
  ci <- exp(confint(fit, level = 0.9))
  oracle(case, "regression.cox", c(args, list(conf_level = 0.9)), list(
    n = fit$n, n_events = fit$nevent, coefficient = I(unname(coef(fit))), std_error = I(unname(sqrt(diag(vcov(fit))))),
    hazard_ratio = I(unname(exp(coef(fit)))), lower = I(unname(ci[, 1])), upper = I(unname(ci[, 2])),
    z = I(unname(z)), p = I(unname(2 * pnorm(-abs(z)))), log_likelihood_null = fit$loglik[1],
    log_likelihood = fit$loglik[2], df = length(x), likelihood_ratio = s$logtest[["test"]],
    likelihood_ratio_p = s$logtest[["pvalue"]], wald = fit$wald.test[[1]],
    wald_p = pchisq(fit$wald.test[[1]], length(x), lower.tail = FALSE),
    score = s$sctest[["test"]], score_p = s$sctest[["pvalue"]]
  ))
  for (transform in c("km", "rank", "identity", "log")) {
    if (transform != "km" && name != "medium") next
    table <- cox.zph(fit, transform)$table
    own <- seq_along(x)
    all <- if (length(x) > 1) nrow(table) else 1
    oracle(paste(case, transform, sep = "_"), "proportional_hazards.proportional_hazards",
           c(args, list(transform = transform)), list(
      n_events = fit$nevent, statistic = I(unname(table[own, "chisq"])), p = I(unname(table[own, "p"])),
      global_statistic = table[[all, "chisq"]], global_df = table[[all, "df"]], global_p = table[[all, "p"]]
    ))
  }
}
# The events are separated: coxph() warns of an infinite coefficient, here nothing is estimable.
oracle("separated", "regression.cox",
       list(time = 1:6, event = rep(TRUE, 6), covariates = list(x = c(1, 1, 1, 0, 0, 0))),
       list(n_events = 6, coefficient = I(NA), hazard_ratio = I(NA), upper = I(NA), likelihood_ratio = NA))

write_oracle("regression.csv", "survival")
