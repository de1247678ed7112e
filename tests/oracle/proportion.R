# One proportion. Base R; the limits that base R lacks are written from their definition: mid-P by
# uniroot, Blaker by walking over the acceptability function.
source("common.R")

solve <- function(f, low, high) {
  r <- uniroot(f, c(low, high), tol = .Machine$double.eps, maxiter = 10000)$root
  for (i in 1:3) {  # Newton with a numerical slope brings the last digits
    h <- 1e-6 * max(r, 1e-3)
    slope <- (f(r + h) - f(r - h)) / (2 * h)
    step <- f(r) / slope
    if (is.finite(step) && abs(step) < h) r <- r - step
  }
  r
}

wilson <- function(x, n, conf) prop.test(x, n, conf.level = conf, correct = FALSE)$conf.int
wilson_corrected <- function(x, n, conf) {  # Newcombe 1998; prop.test differs at x/n = 1/2
  z <- qnorm(1 - (1 - conf) / 2); p <- x / n; q <- 1 - p
  low <- (2 * n * p + z^2 - 1 - z * sqrt(z^2 - 2 - 1 / n + 4 * p * (n * q + 1))) / (2 * (n + z^2))
  high <- (2 * n * p + z^2 + 1 + z * sqrt(z^2 + 2 - 1 / n + 4 * p * (n * q - 1))) / (2 * (n + z^2))
  c(if (x == 0) 0 else max(0, low), if (x == n) 1 else min(1, high))
}
jeffreys <- function(x, n, conf) {
  a <- (1 - conf) / 2
  c(if (x == 0) 0 else qbeta(a, x + .5, n - x + .5), if (x == n) 1 else qbeta(1 - a, x + .5, n - x + .5))
}
agresti_coull <- function(x, n, conf) {
  z <- qnorm(1 - (1 - conf) / 2); N <- n + z^2; p <- (x + z^2 / 2) / N
  p + c(-1, 1) * z * sqrt(p * (1 - p) / N)
}
wald <- function(x, n, conf) {
  z <- qnorm(1 - (1 - conf) / 2); p <- x / n
  p + c(-1, 1) * z * sqrt(p * (1 - p) / n)
}
mid_p <- function(x, n, conf) {
  a <- (1 - conf) / 2
  upper <- function(p) pbinom(x, n, p, lower.tail = FALSE) + dbinom(x, n, p) / 2 - a
  lower <- function(p) pbinom(x - 1, n, p) + dbinom(x, n, p) / 2 - a
  c(if (x == 0) 0 else solve(upper, 0, 1), if (x == n) 1 else solve(lower, 0, 1))
}
acceptability <- function(p, x, n) {
  more <- pbinom(x - 1, n, p, lower.tail = FALSE); fewer <- pbinom(x, n, p)
  if (more < fewer) {
    k <- -1:n
    more + max(c(0, pbinom(k, n, p)[pbinom(k, n, p) <= more]))
  } else {
    k <- 0:(n + 1); tail <- pbinom(k - 1, n, p, lower.tail = FALSE)
    fewer + max(c(0, tail[tail <= fewer]))
  }
}
blaker <- function(x, n, conf) {
  a <- 1 - conf
  first <- function(from, to) {  # first p, walking from `from`, that is accepted
    grid <- seq(from, to, length.out = 20001)
    i <- which(vapply(grid, acceptability, 0, x, n) >= a)[1]
    if (i == 1) return(from)
    out <- grid[i - 1]; inside <- grid[i]
    for (j in 1:80) {
      mid <- (out + inside) / 2
      if (acceptability(mid, x, n) >= a) inside <- mid else out <- mid
    }
    inside
  }
  c(if (x == 0) 0 else first(0, x / n), if (x == n) 1 else first(1, x / n))
}
clopper_pearson <- function(x, n, conf) binom.test(x, n, conf.level = conf)$conf.int

methods <- list(clopper_pearson = clopper_pearson, wilson = wilson, wilson_corrected = wilson_corrected,
                jeffreys = jeffreys, agresti_coull = agresti_coull, wald = wald, mid_p = mid_p,
                blaker = blaker)
for (case in list(c(0, 1), c(1, 1), c(0, 3), c(1, 3), c(2, 3), c(0, 20), c(1, 20), c(7, 20), c(10, 20),
                  c(19, 20), c(20, 20), c(13, 43), c(63, 228), c(3, 500))) {
  for (conf in c(.9, .95, .999)) for (m in names(methods)) {
    if (m == "blaker" && (conf == .999 || case[2] > 100)) next
    limits <- suppressWarnings(as.numeric(methods[[m]](case[1], case[2], conf)))
    if (m == "wilson" && case[1] == 0) limits[1] <- 0
    if (m == "wilson" && case[1] == case[2]) limits[2] <- 1
    oracle(sprintf("%s %d/%d %g", m, case[1], case[2], conf), "proportion.binomial_ci",
           list(n = case[1], N = case[2], method = m, conf_level = conf),
           list(estimate = case[1] / case[2], lower = limits[1], upper = limits[2]))
  }
}
oracle("empty", "proportion.binomial_ci", list(n = 0, N = 0),
       list(n = 0, N = 0, estimate = NA, lower = NA, upper = NA))

for (case in list(c(0, 1, .5), c(1, 1, .3), c(0, 20, .15), c(7, 20, .2), c(20, 20, .9), c(10, 20, .5), c(63, 228, .19),
                  c(2, 30, .2), c(4, 20, .05), c(1, 12, .35))) {
  x <- case[1]; n <- case[2]; p0 <- case[3]
  add <- function(alternative, method, p) oracle(
    sprintf("%s %s %d/%d %g", alternative, method, x, n, p0), "proportion.binomial_test",
    list(n = x, N = n, p0 = p0, alternative = alternative, method = method),
    list(estimate = x / n, z = (x / n - p0) / sqrt(p0 * (1 - p0) / n), p_value = p))
  greater <- binom.test(x, n, p0, "greater")$p.value
  less <- binom.test(x, n, p0, "less")$p.value
  add("greater", "exact", greater)
  add("less", "exact", less)
  add("two_sided_sas", "exact", min(1, 2 * min(greater, less)))
  add("two_sided_r", "exact", binom.test(x, n, p0)$p.value)
  more <- pbinom(x, n, p0, lower.tail = FALSE) + dbinom(x, n, p0) / 2
  fewer <- pbinom(x - 1, n, p0) + dbinom(x, n, p0) / 2
  add("greater", "mid_p", more)
  add("less", "mid_p", fewer)
  add("two_sided_sas", "mid_p", 2 * min(more, fewer))
  z <- (x / n - p0) / sqrt(p0 * (1 - p0) / n)
  add("greater", "score", pnorm(z, lower.tail = FALSE))
  add("less", "score", pnorm(z))
  add("two_sided_sas", "score", 2 * pnorm(-abs(z)))
  add("two_sided_r", "score", 2 * pnorm(-abs(z)))
}
oracle("empty", "proportion.binomial_test", list(n = 0, N = 0, p0 = 0.2), list(estimate = NA, z = NA, p_value = NA))

write_oracle("proportion.csv")
