# Exposure-adjusted rates. Base R; mid-P from its definition by uniroot.
source("common.R")

solve <- function(f, low, high) {
  r <- uniroot(f, c(low, high), tol = .Machine$double.eps, maxiter = 10000)$root
  for (i in 1:3) {
    h <- 1e-6 * r
    step <- f(r) / ((f(r + h) - f(r - h)) / (2 * h))
    if (is.finite(step) && abs(step) < h) r <- r - step
  }
  r
}
mid_p <- function(x, conf) {
  a <- (1 - conf) / 2
  top <- qgamma(1 - a / 4, x + 1) + 1
  low <- function(m) ppois(x, m, lower.tail = FALSE) + dpois(x, m) / 2 - a
  high <- function(m) ppois(x - 1, m) + dpois(x, m) / 2 - a
  c(if (x == 0) 0 else solve(low, 1e-12, top), solve(high, 1e-12, top))
}
byar <- function(x, conf) {  # cube root of Wilson and Hilferty around x + 1/2
  z <- qnorm((1 + conf) / 2)
  (x + .5) * (1 - 1 / (9 * (x + .5)) + c(-1, 1) * z / 3 * sqrt(1 / (x + .5)))^3 * c(x > 0, 1)
}
for (case in list(c(0, 25.5, 1), c(0, 1, 100), c(1, 12.25, 1), c(3, 41.2, 100), c(10, 120, 1), c(57, 300.25, 100), c(400, 1000, 1000))) {
  x <- case[1]; time <- case[2]; per <- case[3]
  for (conf in c(.9, .95)) {
    z <- qnorm((1 + conf) / 2)
    add <- function(method, limits) oracle(
      sprintf("%s %d in %g %g", method, x, time, conf), "rate.poisson_rate",
      list(events = x, exposure = time, per = per, method = method, conf_level = conf),
      list(rate = x / time * per, se = sqrt(x) / time * per, lower = limits[1] / time * per, upper = limits[2] / time * per))
    add("exact", as.numeric(poisson.test(x, conf.level = conf)$conf.int))
    add("mid_p", mid_p(x, conf))
    add("normal", x + c(-1, 1) * z * sqrt(x))
    add("normal_log", if (x == 0) c(NA, NA) else exp(log(x) + c(-1, 1) * z / sqrt(x)))
    add("byar", byar(x, conf))
  }
}
oracle("no exposure", "rate.poisson_rate", list(events = 0, exposure = 0),
       list(events = 0, exposure = 0, rate = NA, se = NA, lower = NA, upper = NA))
write_oracle("rate.csv")
