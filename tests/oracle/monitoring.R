# Bayesian monitoring, stopping boundaries, dose escalation. Base R, by the definitions.
source("common.R")

beta_binomial <- function(y, m, a, b) choose(m, y) * exp(lbeta(a + y, b + m - y) - lbeta(a, b))
needed <- function(N, p0, theta, a, b) {
  k <- which(pbeta(p0, a + 0:N, b + N - 0:N, lower.tail = FALSE) > theta)
  if (length(k)) k[1] - 1 else NA
}
predictive <- function(x, n, N, p0, theta, a, b) {
  y <- 0:(N - n)
  good <- pbeta(p0, a + x + y, b + N - x - y, lower.tail = FALSE) > theta
  sum(beta_binomial(y, N - n, a + x, b + n - x)[good])
}
for (d in list(c(16, 23, 40, .6, .9, .6, .4), c(2, 10, 30, .2, .95, .2, .8), c(0, 0, 12, .3, .9, 1, 1), c(5, 5, 5, .5, .9, 1, 1),
               c(1, 5, 5, .5, .9, 1, 1), c(0, 1, 2, .5, .99, 1, 1), c(12, 20, 60, .4, .975, 1, 1))) {
  x <- d[1]; n <- d[2]; a <- d[6]; b <- d[7]
  oracle(paste(d, collapse = " "), "monitoring.predictive_probability",
         list(n = x, N = n, max_N = d[3], p0 = d[4], theta = d[5], prior = c(a, b)),
         list(probability = predictive(x, n, d[3], d[4], d[5], a, b),
              posterior = pbeta(d[4], a + x, b + n - x, lower.tail = FALSE), responses_needed = needed(d[3], d[4], d[5], a, b)))
  for (conf in c(.9, .95))
    oracle(paste(c(d[1:2], d[4], a, b, conf), collapse = " "), "monitoring.posterior",
           list(n = x, N = n, threshold = d[4], prior = c(a, b), conf_level = conf),
           list(mean = (a + x) / (a + b + n), lower = qbeta((1 - conf) / 2, a + x, b + n - x),
                upper = qbeta((1 - conf) / 2, a + x, b + n - x, lower.tail = FALSE),
                exceeds = pbeta(d[4], a + x, b + n - x, lower.tail = FALSE)))
}

toxicity <- function(max_N, limit, certainty, a, b, first)
  vapply(first:max_N, function(N) needed(N, limit, certainty, a, b), 0)
futility <- function(max_N, p0, theta, below, a, b, first) vapply(first:(max_N - 1), function(n) {
  x <- which(vapply(0:n, predictive, 0, n, max_N, p0, theta, a, b) < below)
  if (length(x)) max(x) - 1 else NA
}, 0)
# Every sequence of outcomes (a column of 0 and 1 per trial), stopped at the first look that says so.
walk <- function(looks, count, at_least, p) {
  last <- max(looks)
  grid <- as.matrix(expand.grid(rep(list(0:1), last)))
  weight <- p^rowSums(grid) * (1 - p)^(last - rowSums(grid))
  events <- t(apply(grid, 1, cumsum))
  if (last == 1) events <- t(events)
  ends <- apply(events, 1, function(e) {
    hit <- which(if (at_least) e[looks] >= count else e[looks] <= count)
    if (length(hit)) looks[hit[1]] else NA
  })
  list(stop = sum(weight[!is.na(ends)]), expected_N = sum(weight * ifelse(is.na(ends), last, ends)))
}
for (d in list(c(12, .3, .8, .3, .7, 1), c(10, .2, .95, 1, 1, 3), c(8, .25, .9, .5, .5, 2))) {
  args <- list(max_N = d[1], limit = d[2], certainty = d[3], prior = d[4:5], first = d[6])
  count <- toxicity(d[1], d[2], d[3], d[4], d[5], d[6])
  oracle(paste(d, collapse = " "), "boundaries.toxicity_boundary", args, list(N = d[6]:d[1], count = count))
  for (p in c(0, .1, .3, .6, 1)) oracle(paste(c("toxicity", d, p), collapse = " "), "boundaries.boundary_characteristics",
    list(boundary = nested("boundaries.toxicity_boundary", args), p = p), walk(d[6]:d[1], count, TRUE, p))
}
for (d in list(c(12, .2, .9, .05, .2, .8, 1), c(10, .3, .8, .1, 1, 1, 4), c(11, .1, .95, .02, .1, .9, 3))) {
  args <- list(max_N = d[1], p0 = d[2], theta = d[3], below = d[4], prior = d[5:6], first = d[7])
  count <- futility(d[1], d[2], d[3], d[4], d[5], d[6], d[7])
  oracle(paste(d, collapse = " "), "boundaries.futility_boundary", args, list(N = d[7]:(d[1] - 1), count = count))
  for (p in c(0, .1, .3, .6, 1)) oracle(paste(c("futility", d, p), collapse = " "), "boundaries.boundary_characteristics",
    list(boundary = nested("boundaries.futility_boundary", args), p = p), walk(d[7]:(d[1] - 1), count, FALSE, p))
}

decision <- matrix(c("escalate", "expand", "stop", "stop", NA, NA, NA, "escalate", "escalate", "stop", "stop", "stop", "stop", "stop"), 2, byrow = TRUE)
for (i in 1:2) for (n in 0:(3 * i))
  oracle(sprintf("%d of %d", n, 3 * i), "dose_finding.three_plus_three_decision", list(N = 3 * i, n = n),
         setNames(list(decision[i, n + 1]), ""))
escalates <- function(p) dbinom(0, 3, p) + dbinom(1, 3, p) * dbinom(0, 3, p)
for (rates in list(c(.05, .15, .3, .45), c(.3), c(0, .5, 1), c(.1, .1))) {
  k <- length(rates); up <- escalates(rates)
  reached <- c(1, cumprod(up))[1:k]
  selected <- vapply(1:k, function(j) prod(up[1:j]) * (if (j < k) 1 - up[j + 1] else 1), 0)
  oracle(paste(rates, collapse = " "), "dose_finding.three_plus_three", list(rates = I(rates)),
         list(escalate = I(up), reached = I(reached), selected = I(selected), none_selected = 1 - up[1],
              expected_N = I(reached * (3 + 3 * dbinom(1, 3, rates)))))
}
for (d in list(c(.3, 18, .18, .42, .95), c(.25, 12, .15, .35, .95), c(.2, 15, .1, .3, .9))) {
  t <- d[1]; s <- d[3]; x <- d[4]; N <- 1:d[2]
  le <- log((1 - s) / (1 - t)) / log(t * (1 - s) / (s * (1 - t))); ld <- log((1 - t) / (1 - x)) / log(x * (1 - t) / (t * (1 - x)))
  eliminate <- vapply(N, function(k) {
    n <- which(1 - pbeta(t, 1 + 0:k, 1 + k - 0:k) > d[5])
    if (k < 3 || !length(n)) NA else n[1] - 1
  }, 0)
  args <- list(target = t, max_N = d[2], certainty = d[5])
  if (abs(s - .6 * t) > 1e-9) args <- c(args, list(safe = s, toxic = x))
  oracle(paste(d, collapse = " "), "dose_finding.boin", args,
         list(lambda_e = le, lambda_d = ld, N = N, escalate = floor(le * N), deescalate = ceiling(ld * N), eliminate = eliminate))
}
write_oracle("monitoring.csv")
