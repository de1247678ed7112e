# Kaplan-Meier, quantiles, landmarks, numbers at risk, follow-up, restricted means, Nelson-Aalen and
# log-rank tests by survival; the SAS rules, which survival does not have, are written out below.
suppressPackageStartupMessages(library(survival))
source("common.R")

# Data ---------------------------------------------------------------------------------------------
drawn <- function(seed, n, mean, followed, ties) {
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  event_time <- -mean * log(runif(n))
  censor_time <- followed * runif(n)
  list(time = ceiling(pmin(event_time, censor_time) / ties) * ties, event = event_time <= censor_time)
}
data <- list(
  one_event = list(time = I(5), event = I(TRUE)),
  one_censored = list(time = I(5), event = I(FALSE)),
  two_mixed = list(time = c(3, 7), event = c(TRUE, FALSE)),
  two_events = list(time = c(3, 7), event = c(TRUE, TRUE)),
  censored_only = list(time = c(2, 4, 4, 9), event = rep(FALSE, 4)),
  events_only = list(time = c(1, 2, 3, 4, 4, 8), event = rep(TRUE, 6)),
  tied = list(time = c(2, 2, 2, 5, 5, 5, 5, 8, 8, 8), event = c(1, 1, 0, 1, 0, 0, 1, 1, 0, 0) == 1),
  at_zero = list(time = c(0, 0, 4, 6, 6, 9, 13), event = c(1, 0, 1, 1, 0, 1, 1) == 1),
  half_to_the_end = list(time = c(2, 4, 6, 8, 9, 11), event = c(1, 1, 1, 0, 0, 0) == 1),
  half_between = list(time = c(1, 2, 4, 5, 7, 10), event = c(1, 1, 1, 0, 1, 1) == 1),
  half_by_products = list(time = 1:12, event = c(1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0) == 1),
  late_start = list(time = c(3, 5, 6, 8, 10, 12), event = c(0, 0, 1, 0, 1, 0) == 1),
  months = list(time = c(31, 59, 59, 90, 120, 151, 151, 181) / 30.4375, event = c(1, 1, 0, 1, 1, 0, 1, 0) == 1),
  noise = list(time = c(0.1 + 0.2, 0.3, 0.7, 1 - 0.3, 0.8, 1.1, 1.1), event = c(1, 0, 1, 1, 0, 1, 0) == 1),
  drawn_25 = drawn(1, 25, 200, 500, 1),
  drawn_40_tied = drawn(2, 40, 90, 240, 15),
  drawn_30_few = drawn(3, 30, 900, 400, 1)
)
truncated <- list(
  refill = list(time = c(2, 4, 5, 6, 7, 8), event = c(1, 0, 1, 0, 1, 1) == 1, entry = c(0, 1, 3, 4, 4, 5)),
  empty_again = list(time = c(2, 3, 7, 8, 9), event = c(1, 0, 1, 1, 0) == 1, entry = c(0, 1, 5, 5, 6)),
  delayed = list(time = c(4, 6, 3, 7, 8, 4, 9, 6), event = c(1, 0, 1, 1, 1, 1, 0, 1) == 1, entry = c(0, 0, 1, 2, 3, 3, 5, 5))
)
surv_of <- function(d) if (is.null(d$entry)) Surv(unclass(d$time), unclass(d$event)) else Surv(d$entry, d$time, d$event)
types <- c(plain = "plain", log = "log", loglog = "log-log", logit = "logit", arcsin = "arcsin")
fit_of <- function(d, type = "loglog", level = 0.95) {
  survfit(surv_of(d) ~ 1, conf.type = types[[type]], conf.int = level)
}
# The standard error of survfit is that of log S; limits 1 to 1 while S = 1 are not taken over.
curve_of <- function(fit) {
  inside <- fit$surv > 0 & fit$surv < 1
  list(
    time = fit$time, n_risk = fit$n.risk, n_event = fit$n.event, n_censor = fit$n.censor,
    survival = fit$surv, std_error = ifelse(fit$surv > 0, fit$surv * fit$std.err, NA),
    lower = ifelse(inside, fit$lower, NA), upper = ifelse(inside, fit$upper, NA)
  )
}
columns <- function(values) lapply(values, I)

# Curves -------------------------------------------------------------------------------------------
for (name in names(data)) {
  d <- data[[name]]
  values <- curve_of(fit_of(d))
  oracle(name, "survival.kaplan_meier", d, c(
    list(n = length(d$time), n_events = sum(d$event), n_censored = sum(!d$event)), columns(values)
  ))
}
for (name in names(truncated)) {
  oracle(name, "survival.kaplan_meier", truncated[[name]], columns(curve_of(fit_of(truncated[[name]]))))
}
for (type in names(types)) for (name in c("events_only", "late_start", "drawn_25")) {
  level <- if (name == "late_start") 0.8 else 0.95
  values <- curve_of(fit_of(data[[name]], type, level))
  oracle(paste(name, type, sep = "_"), "survival.kaplan_meier",
         c(data[[name]], list(conf_level = level, conf_type = type)), columns(values[c("lower", "upper")]))
}
for (name in c("tied", "drawn_25")) {
  d <- data[[name]]
  flipped <- list(time = d$time, event = !d$event)
  oracle(name, "survival.reverse_kaplan_meier", d, columns(curve_of(fit_of(flipped))))
}
for (name in c("tied", "at_zero", "drawn_25")) {
  d <- data[[name]]
  times <- c(0, 0.5, 4, 5, 8.5, 20, 1000)
  oracle(name, "survival.at_risk", list(km = nested("survival.kaplan_meier", d), times = times),
         list(vapply(times, function(t) sum(d$time >= t), 0)) |> setNames(""))
}
d <- truncated$delayed
times <- c(0, 1, 3, 3.5, 4, 6, 9, 9.5)
oracle("delayed", "survival.at_risk", list(km = nested("survival.kaplan_meier", d), times = times),
       list(vapply(times, function(t) sum(d$entry < t & d$time >= t), 0)) |> setNames(""))

# Quantiles ----------------------------------------------------------------------------------------
g <- list(
  plain = function(s) s, log = log, loglog = function(s) log(-log(s)),
  logit = function(s) log(s / (1 - s)), arcsin = function(s) asin(sqrt(s))
)
slope <- list(
  plain = function(s) 1 + 0 * s, log = function(s) 1 / s, loglog = function(s) 1 / (s * log(s)),
  logit = function(s) 1 / (s * (1 - s)), arcsin = function(s) 1 / (2 * sqrt(s * (1 - s)))
)
sas_quantile <- function(d, p, type, level) {
  fit <- fit_of(d, type, level)
  happened <- fit$n.event > 0
  time <- fit$time[happened]
  survival <- fit$surv[happened]
  se <- survival * fit$std.err[happened]
  below <- which(survival < 1 - p - 1e-9)
  equal <- which(abs(survival - (1 - p)) <= 1e-9)
  estimate <- if (!length(below)) NA
              else if (length(equal)) (time[equal[1]] + time[below[1]]) / 2
              else time[below[1]]
  z <- qnorm(1 - (1 - level) / 2)
  inside <- which(survival > 0)
  s <- survival[inside]
  compatible <- inside[abs(g[[type]](s) - g[[type]](1 - p)) <= z * abs(slope[[type]](s)) * se[inside]]
  if (!length(compatible)) return(list(estimate = estimate, lower = NA, upper = NA))
  after <- max(compatible) + 1
  upper <- if (after > length(time) || survival[after] == 0) NA else time[after]
  list(estimate = estimate, lower = time[min(compatible)], upper = upper)
}
r_quantile <- function(d, p, type, level) {
  q <- quantile(fit_of(d, type, level), probs = p)
  list(estimate = q$quantile[[1]], lower = q$lower[[1]], upper = q$upper[[1]])
}
r_print <- function(d, p, type, level) {
  q <- summary(fit_of(d, type, level))$table
  list(estimate = q[["median"]], lower = q[[length(q) - 1]], upper = q[[length(q)]])
}
rules <- list(sas = sas_quantile, r = r_quantile, r_print = r_print)
ask_quantile <- function(name, p, type, level, rule) {
  km <- nested("survival.kaplan_meier", c(data[[name]], list(conf_level = level, conf_type = type)))
  oracle(paste(name, p, type, rule, sep = "_"), "survival_points.quantile",
         list(km = km, p = p, convention = rule), rules[[rule]](data[[name]], p, type, level))
}
for (name in names(data)) {
  for (p in c(0.25, 0.5, 0.75)) for (rule in c("sas", "r")) ask_quantile(name, p, "loglog", 0.95, rule)
  ask_quantile(name, 0.5, "loglog", 0.95, "r_print")
}
for (type in c("plain", "logit", "arcsin")) for (name in c("events_only", "half_between", "drawn_25")) {
  for (rule in names(rules)) ask_quantile(name, 0.5, type, 0.9, rule)
}
# Limits of type log need not be monotone, and quantile() of R then goes wrong: SAS rule and print.
for (name in c("events_only", "half_between", "drawn_25")) for (rule in c("sas", "r_print")) {
  ask_quantile(name, 0.5, "log", 0.9, rule)
}

# Landmarks ----------------------------------------------------------------------------------------
for (name in names(data)) for (convention in c("sas", "r")) for (type in c("loglog", "plain")) {
  if (type == "plain" && !(name %in% c("censored_only", "late_start", "drawn_25"))) next
  d <- data[[name]]
  last <- max(d$time)
  fit <- fit_of(d, type)
  for (t in unique(c(0, d$time[1], (min(d$time) + last) / 2, last, last + 1))) {
    s <- summary(fit, times = t, extend = TRUE)
    values <- list(n_risk = sum(d$time >= t - 1e-8), survival = s$surv, std_error = s$std.err,
                   lower = s$lower, upper = s$upper)
    if (convention == "sas") {
      if (s$surv == 1) values$lower <- values$upper <- NA
      if (t > last && s$surv > 0) values[c("survival", "std_error", "lower", "upper")] <- NA
    }
    km <- nested("survival.kaplan_meier", c(d, list(conf_type = type)))
    oracle(paste(name, signif(t, 6), type, convention, sep = "_"), "survival_points.landmark",
           list(km = km, t = t, convention = convention), values)
  }
}

# Restricted means ---------------------------------------------------------------------------------
restricted <- function(d, tau) {
  table <- survival:::survmean(fit_of(d), rmean = tau)$matrix  # what print(fit, rmean = tau) shows
  unname(table[c("rmean", "se(rmean)")])
}
known <- function(d, tau) tau <= max(d$time) || min(fit_of(d)$surv) == 0
for (name in c("two_mixed", "censored_only", "events_only", "tied", "at_zero", "months", "drawn_25")) {
  d <- data[[name]]
  for (tau in c(1, 4, 7.5, 9, 20)) for (convention in c("sas", "r")) {
    m <- if (convention == "r" || known(d, tau)) restricted(d, tau) else c(NA, NA)
    half <- if (is.na(m[1]) || m[1] == tau) NA else qnorm(0.975) * m[2]
    oracle(paste(name, tau, convention, sep = "_"), "rmst.rmst",
           list(km = nested("survival.kaplan_meier", d), tau = tau, convention = convention),
           list(estimate = m[1], std_error = m[2], lower = m[1] - half, upper = m[1] + half))
  }
}
for (tau in c(60, 150)) {
  a <- restricted(data$drawn_25, tau)
  b <- restricted(data$drawn_40_tied, tau)
  difference <- a[1] - b[1]
  se <- sqrt(a[2]^2 + b[2]^2)
  oracle(paste("drawn", tau, sep = "_"), "rmst.rmst_difference",
         list(first = nested("survival.kaplan_meier", c(data$drawn_25, list(conf_level = 0.9))),
              second = nested("survival.kaplan_meier", c(data$drawn_40_tied, list(conf_level = 0.9))),
              tau = tau),
         list(difference = difference, std_error = se, lower = difference - qnorm(0.95) * se,
              upper = difference + qnorm(0.95) * se, z = difference / se, p = 2 * pnorm(-abs(difference / se))))
}

# Nelson-Aalen -------------------------------------------------------------------------------------
for (name in c("tied", "at_zero", "late_start", "noise", "drawn_25", "delayed")) {
  d <- c(data, truncated)[[name]]
  f <- survfit(surv_of(d) ~ 1, ctype = 1)
  factor <- exp(qnorm(0.975) * f$std.chaz / f$cumhaz)
  started <- f$cumhaz > 0
  oracle(name, "hazard.nelson_aalen", d, columns(list(
    time = f$time, n_risk = f$n.risk, n_event = f$n.event, n_censor = f$n.censor,
    cumulative_hazard = f$cumhaz, std_error = f$std.chaz,
    lower = ifelse(started, f$cumhaz / factor, NA), upper = ifelse(started, f$cumhaz * factor, NA)
  )))
}

# Log-rank tests -----------------------------------------------------------------------------------
# Weighted tests from the two-by-k tables at the event times of each stratum, hypergeometric variance.
weighted_test <- function(d, group, stratum, weight_of) {
  groups <- sort(unique(group))
  observed <- expected <- numeric(length(groups))
  variance <- matrix(0, length(groups), length(groups))
  for (s in unique(stratum)) {
    time <- d$time[stratum == s]
    event <- d$event[stratum == s]
    member <- group[stratum == s]
    before <- 1
    for (t in sort(unique(time[event]))) {
      at_risk <- vapply(groups, function(k) sum(time >= t & member == k), 0)
      events <- vapply(groups, function(k) sum(time == t & event & member == k), 0)
      n <- sum(at_risk)
      x <- sum(events)
      w <- weight_of(n, before)
      observed <- observed + w * events
      expected <- expected + w * x * at_risk / n
      share <- at_risk / n
      if (n > 1) variance <- variance + w^2 * x * (n - x) / (n - 1) * (diag(share) - share %o% share)
      before <- before * (n - x) / n
    }
  }
  keep <- which(expected > 0)[-1]
  difference <- (observed - expected)[keep]
  chisq <- sum(difference * solve(variance[keep, keep, drop = FALSE], difference))
  list(observed = observed, expected = expected, statistic = chisq, df = length(keep),
       p = pchisq(chisq, length(keep), lower.tail = FALSE))
}
sums <- function(x) if (is.matrix(x)) rowSums(x) else x
by_survdiff <- function(d, group, stratum, rho) {
  f <- if (is.null(stratum)) survdiff(Surv(d$time, d$event) ~ group, rho = rho)
       else survdiff(Surv(d$time, d$event) ~ group + strata(stratum), rho = rho)
  df <- sum(sums(f$exp) > 0) - 1
  list(observed = sums(f$obs), expected = sums(f$exp), statistic = f$chisq, df = df,
       p = pchisq(f$chisq, df, lower.tail = FALSE))
}
small <- list(
  d = data$tied, group = c("a", "b", "a", "b", "b", "a", "a", "b", "a", "b"),
  strata = c(1, 1, 2, 1, 2, 1, 2, 2, 2, 1)
)
large <- list(
  d = data$drawn_40_tied, group = rep(c(3, 1, 2, 1), 10), strata = rep(c("x", "y", "y", "x", "x"), 8)
)
for (name in c("small", "large")) {
  s <- get(name)
  args <- c(s$d, list(group = s$group))
  for (rho in c(0, 1, 0.5)) {
    settings <- if (rho == 0) list() else list(weight = "fleming", powers = c(rho, 0))
    oracle(paste(name, rho, sep = "_"), "logrank.logrank", c(args, settings),
           by_survdiff(s$d, s$group, NULL, rho))
    oracle(paste(name, rho, "strata", sep = "_"), "logrank.logrank",
           c(args, list(strata = s$strata), settings), by_survdiff(s$d, s$group, s$strata, rho))
  }
  weights <- list(
    gehan = list(list(weight = "gehan"), function(n, before) n),
    tarone = list(list(weight = "tarone"), function(n, before) sqrt(n)),
    late = list(list(weight = "fleming", powers = c(0, 1)), function(n, before) 1 - before),
    middle = list(list(weight = "fleming", powers = c(1, 2)), function(n, before) before * (1 - before)^2)
  )
  for (w in names(weights)) {
    oracle(paste(name, w, sep = "_"), "logrank.logrank", c(args, weights[[w]][[1]]),
           weighted_test(s$d, s$group, rep(1, length(s$group)), weights[[w]][[2]]))
    oracle(paste(name, w, "strata", sep = "_"), "logrank.logrank",
           c(args, list(strata = s$strata), weights[[w]][[1]]),
           weighted_test(s$d, s$group, s$strata, weights[[w]][[2]]))
  }
}
# A group that has left before the first event takes no part.
early <- list(time = c(1, 2, 5, 6, 7, 8), event = c(0, 0, 1, 1, 0, 1) == 1)
oracle("early_group", "logrank.logrank", c(early, list(group = c(1, 1, 2, 3, 2, 3))),
       by_survdiff(early, c(1, 1, 2, 3, 2, 3), NULL, 0))
oracle("one_time", "logrank.logrank",
       list(time = c(4, 4, 4), event = rep(TRUE, 3), group = c(1, 2, 2)), list(statistic = NA, p = NA))

for (name in c("tied", "drawn_25", "censored_only")) {
  d <- data[[name]]
  hazard <- log(2) / 6 * d$time / max(d$time) * 20
  f <- survdiff(Surv(d$time, d$event) ~ offset(exp(-hazard)))
  z <- (f$obs - f$exp) / sqrt(f$exp)
  oracle(name, "logrank.one_sample_logrank", list(event = d$event, expected = hazard), list(
    observed = f$obs, expected = f$exp, ratio = f$obs / f$exp, statistic = f$chisq, z = z,
    p = pchisq(f$chisq, 1, lower.tail = FALSE), p_fewer = pnorm(z)
  ))
}

write_oracle("survival.csv", "survival")
