# Cumulative incidence and Gray's test by cmprsk; the delta method by survfit (infinitesimal
# jackknife); Aalen's variance as SAS writes it out is computed below.
suppressPackageStartupMessages({
  library(survival)
  library(cmprsk)
})
source("common.R")

drawn <- function(seed, n, mean, followed, ties) {
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  event_time <- -mean * log(runif(n))
  censor_time <- followed * runif(n)
  cause <- ifelse(runif(n) < 0.6, 1, 2)
  list(time = ceiling(pmin(event_time, censor_time) / ties) * ties,
       cause = ifelse(event_time <= censor_time, cause, 0))
}
data <- list(
  tied = list(time = c(2, 2, 2, 5, 5, 5, 7, 7, 9, 11, 11), cause = c(1, 2, 0, 1, 1, 2, 2, 0, 1, 0, 1)),
  at_zero = list(time = c(0, 0, 3, 4, 4, 8), cause = c(1, 0, 2, 1, 2, 2)),
  to_the_end = list(time = c(1, 3, 3, 6, 6), cause = c(2, 1, 0, 1, 2)),
  one_cause = list(time = c(1, 2, 4, 4, 6, 9), cause = c(1, 0, 1, 1, 0, 1)),
  drawn_30 = drawn(11, 30, 150, 400, 1),
  drawn_40_tied = drawn(12, 40, 80, 250, 20)
)
limits <- function(f, se, level = 0.95) {
  inside <- f > 0 & f < 1
  half <- qnorm(1 - (1 - level) / 2) * se / (f * log(f))
  list(lower = ifelse(inside, f^exp(-half), NA), upper = ifelse(inside, f^exp(half), NA))
}
# With a single cause the variance of the delta method is 0 once the incidence is 1.
root <- function(variance) ifelse(abs(variance) < 1e-16, 0, sqrt(pmax(variance, 0)))
by_cmprsk <- function(d, times, k) {
  points <- timepoints(cuminc(d$time, d$cause), times)
  list(incidence = points$est[k, ], std_error = sqrt(points$var[k, ]))
}
by_survfit <- function(d, times, k) {
  fit <- survfit(Surv(d$time, factor(d$cause, 0:max(d$cause))) ~ 1)
  s <- summary(fit, times = times, extend = TRUE)
  list(incidence = s$pstate[, k + 1], std_error = root(s$std.err[, k + 1]^2))
}
written_out <- function(d, times, k) {
  at <- sort(unique(d$time[d$cause > 0]))
  n <- vapply(at, function(t) sum(d$time >= t), 0)
  all <- vapply(at, function(t) sum(d$time == t & d$cause > 0), 0)
  own <- vapply(at, function(t) sum(d$time == t & d$cause == k), 0)
  before <- cumprod(c(1, (n - all) / n))[seq_along(n)]
  incidence <- cumsum(before * own / n)
  variance <- function(t) {
    i <- which(at <= t & n > 1)
    later <- if (any(at <= t)) max(incidence[at <= t]) - incidence[i] else 0
    spread <- ifelse(n[i] > all[i], all[i] / ((n[i] - 1) * (n[i] - all[i])), 0)
    cross <- ifelse(n[i] > all[i], before[i] * own[i] * (n[i] - own[i]) / (n[i] * (n[i] - all[i]) * (n[i] - 1)), 0)
    sum(later^2 * spread + before[i]^2 * own[i] * (n[i] - own[i]) / (n[i]^2 * (n[i] - 1)) - 2 * later * cross)
  }
  list(incidence = vapply(times, function(t) max(c(0, incidence[at <= t])), 0),
       std_error = root(vapply(times, variance, 0)))
}
methods <- list(aalen = by_cmprsk, delta = by_survfit, aalen_sas = written_out)

for (name in names(data)) for (variance in names(methods)) {
  d <- data[[name]]
  args <- c(d, list(variance = variance))
  times <- sort(unique(d$time))
  curves <- nested("competing_risks.aalen_johansen", args)
  for (k in seq_len(max(d$cause))) {
    values <- methods[[variance]](d, times, k)
    values <- c(values, limits(values$incidence, values$std_error))
    names(values) <- sprintf("%s[%d]", names(values), k - 1)
    if (variance == "aalen") {
      values[[sprintf("n_event[%d]", k - 1)]] <- vapply(times, function(t) sum(d$time == t & d$cause == k), 0)
      values[[sprintf("n_events[%d]", k - 1)]] <- sum(d$cause == k)
    }
    oracle(paste(name, variance, k, sep = "_"), "competing_risks.aalen_johansen", args, values)
    asked <- c(0, mean(times), max(times), max(times) + 1)
    at <- methods[[variance]](d, asked, k)
    at <- c(at, limits(at$incidence, at$std_error))
    beyond <- sum(d$time == max(d$time) & d$cause > 0) < sum(d$time == max(d$time))
    for (j in seq_along(asked)) {
      point <- lapply(at, function(x) x[j])
      if (asked[j] > max(times) && beyond) point[] <- NA
      else if (asked[j] > max(times)) point <- lapply(at, function(x) x[j - 1])
      oracle(paste(name, variance, k, signif(asked[j], 6), sep = "_"), "competing_risks.incidence_at",
             list(curves = curves, t = asked[j], cause = k), c(list(n_risk = sum(d$time >= asked[j])), point))
    }
  }
}
d <- data$tied
times <- sort(unique(d$time))
oracle("tied", "competing_risks.aalen_johansen", d, list(
  n = length(d$time), time = times, n_risk = vapply(times, function(t) sum(d$time >= t), 0),
  n_censor = vapply(times, function(t) sum(d$time == t & d$cause == 0), 0),
  survival = summary(survfit(Surv(d$time, d$cause > 0) ~ 1), times = times)$surv
))
d <- data$drawn_30
points <- by_cmprsk(d, sort(unique(d$time)), 1)
for (level in c(0.8, 0.99)) {
  values <- limits(points$incidence, points$std_error, level)
  names(values) <- c("lower[0]", "upper[0]")
  oracle(paste("drawn_30_level", level, sep = "_"), "competing_risks.aalen_johansen",
         c(d, list(conf_level = level)), values)
}
half <- qnorm(0.975) * points$std_error
inside <- points$incidence > 0
oracle("drawn_30_plain", "competing_risks.aalen_johansen", c(d, list(conf_type = "plain")), list(
  "lower[0]" = ifelse(inside, pmax(0, points$incidence - half), NA),
  "upper[0]" = ifelse(inside, pmin(1, points$incidence + half), NA)
))
oracle("no_second_cause", "competing_risks.aalen_johansen", c(data$one_cause, list(n_causes = 2)), list(
  "incidence[1]" = rep(0, 5), "std_error[1]" = rep(0, 5), "lower[1]" = rep(NA, 5)
))

# Gray's test --------------------------------------------------------------------------------------
gray <- function(case, d, group, stratum = NULL, rho = 0) {
  tests <- if (is.null(stratum)) cuminc(d$time, d$cause, group, rho = rho)$Tests
           else cuminc(d$time, d$cause, group, stratum, rho = rho)$Tests
  for (k in seq_len(nrow(tests))) {
    args <- c(d, list(group = group, of = k, rho = rho))
    if (!is.null(stratum)) args <- c(args, list(strata = stratum))
    oracle(paste(case, k, rho, if (is.null(stratum)) "all" else "strata", sep = "_"), "gray.gray_test", args, list(
      statistic = tests[k, "stat"], df = tests[k, "df"], p = tests[k, "pv"],
      n_event = vapply(sort(unique(group)), function(i) sum(d$cause == k & group == i), 0)
    ))
  }
}
for (rho in c(0, 1, -0.5)) {
  gray("drawn_30", data$drawn_30, rep(c(1, 2), 15), NULL, rho)
  gray("drawn_30", data$drawn_30, rep(c(1, 2), 15), rep(c("x", "y", "y"), 10), rho)
  gray("drawn_40_tied", data$drawn_40_tied, rep(c(2, 1, 3, 3, 1), 8), NULL, rho)
  gray("drawn_40_tied", data$drawn_40_tied, rep(c(2, 1, 3, 3, 1), 8), rep(c("x", "y", "y", "x"), 10), rho)
}
gray("tied", data$tied, c("a", "b", "a", "b", "b", "a", "a", "b", "b", "a", "a"))
gray("at_zero", data$at_zero, c(1, 1, 2, 2, 1, 2))

write_oracle("competing_risks.csv", c("survival", "cmprsk"))
