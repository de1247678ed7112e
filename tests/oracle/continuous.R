# Descriptive statistics. Base R only.
source("common.R")

samples <- list(
  one = 3.5, two = c(1, 4), ties = c(2, 2, 2, 5), nine = 1:9, ten = c(10, 20, 30, 40, 150, 160, 170, 180, 190, 200),
  mixed = c(3.1, 1.2, 8.8, 4.4, 4.4, 0.9, 12.5), twenty = c(53.1, 61.7, 44.9, 70.2, 58.8, 49.3, 66.1, 39.4, 72.5, 51.6,
    60.0, 47.7, 55.5, 63.2, 57.1, 68.9, 42.3, 50.8, 59.4, 64.6), skewed = c(118, 402, 980, 2210, 6120, 15700, 41300, 58200),
  large = 1e9 + c(1, 2, 4, 7), equal = c(.1, .1, .1))
for (name in names(samples)) {
  x <- samples[[name]]; n <- length(x)
  for (conf in c(.9, .95)) {
    half <- if (n > 1) qt((1 + conf) / 2, n - 1) * sd(x) / sqrt(n) else NA
    quartile <- unname(quantile(x, c(.25, .5, .75), type = 2))
    oracle(sprintf("%s %g", name, conf), "continuous.describe", list(values = I(x), conf_level = conf),
           list(n = n, mean = mean(x), sd = sd(x), se = sd(x) / sqrt(n), lower = mean(x) - half, upper = mean(x) + half,
                q1 = quartile[1], median = quartile[2], q3 = quartile[3], minimum = min(x), maximum = max(x)))
    s <- sd(log(x)); m <- mean(log(x))
    half <- if (n > 1) qt((1 + conf) / 2, n - 1) * s / sqrt(n) else NA
    if (name == "large") next
    oracle(sprintf("%s %g", name, conf), "continuous.geometric", list(values = I(x), conf_level = conf),
           list(n = n, n_zero = 0, mean = exp(m), sd = exp(s), cv = 100 * sqrt(expm1(s^2)), lower = exp(m - half),
                upper = exp(m + half)))
  }
  for (p in c(0, 2.5, 5, 10, 25, 40, 50, 75, 90, 95, 97.5, 100))
    oracle(sprintf("%s %g", name, p), "continuous.percentile", list(values = I(x), percent = p),
           setNames(list(unname(quantile(x, p / 100, type = 2))), ""))
}
oracle("zeros", "continuous.geometric", list(values = c(0, 2, 0, 8)),
       list(n = 2, n_zero = 2, mean = 4, sd = exp(sd(log(c(2, 8))))))
oracle("only zeros", "continuous.geometric", list(values = c(0, 0)),
       list(n = 0, n_zero = 2, mean = NA, sd = NA, cv = NA, lower = NA, upper = NA))

pairs <- list(a = list(c(118, 402, 980), c(2210, 6120, 15700, 41300)), b = list(c(5), c(1, 2, 4)), c = list(c(3, 3.5), c(7)),
              equal = list(c(2, 8), c(8, 2)))
for (name in names(pairs)) for (conf in c(.9, .95)) {
  x <- pairs[[name]][[1]]; y <- pairs[[name]][[2]]
  t <- t.test(log(x), log(y), var.equal = TRUE, conf.level = conf)
  oracle(sprintf("%s %g", name, conf), "continuous.geometric_mean_ratio",
         list(test = I(x), reference = I(y), conf_level = conf),
         list(n_test = length(x), n_reference = length(y), ratio = exp(mean(log(x)) - mean(log(y))),
              lower = exp(t$conf.int[1]), upper = exp(t$conf.int[2])))
}
oracle("one each", "continuous.geometric_mean_ratio", list(test = I(3), reference = I(4)),
       list(ratio = 3 / 4, lower = NA, upper = NA))
oracle("one group", "continuous.geometric_mean_ratio", list(test = I(0), reference = c(4, 5)),
       list(n_test = 0, n_reference = 2, ratio = NA, lower = NA, upper = NA))
write_oracle("continuous.csv")
