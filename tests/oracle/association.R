# Two proportions, trend, strata, ranks, agreement. Base R; what it lacks is written from the
# definition: by enumeration for the exact tests, by a direct maximisation for Miettinen-Nurminen.
source("common.R")

wilson <- function(x, n, conf) {
  limits <- suppressWarnings(prop.test(x, n, conf.level = conf, correct = FALSE)$conf.int)
  c(if (x == 0) 0 else limits[1], if (x == n) 1 else limits[2])
}
newcombe <- function(a, m, b, n, conf) {
  w1 <- wilson(a, m, conf); w2 <- wilson(b, n, conf); p1 <- a / m; p2 <- b / n
  c(p1 - p2 - sqrt((p1 - w1[1])^2 + (w2[2] - p2)^2), p1 - p2 + sqrt((w1[2] - p1)^2 + (p2 - w2[1])^2))
}
# Miettinen and Nurminen 1985, appendix: the restricted estimate in closed form.
restricted <- function(a, m, b, n, delta) {
  N <- m + n; C <- a + b
  L3 <- N; L2 <- (m + 2 * n) * delta - N - C; L1 <- (n * delta - N - 2 * b) * delta + C; L0 <- b * delta * (1 - delta)
  q <- L2^3 / (3 * L3)^3 - L1 * L2 / (6 * L3^2) + L0 / (2 * L3)
  p <- (if (q >= 0) 1 else -1) * sqrt(max(0, L2^2 / (3 * L3)^2 - L1 / (3 * L3)))
  angle <- (pi + acos(max(-1, min(1, if (p == 0) 0 else q / p^3)))) / 3
  2 * p * cos(angle) - L2 / (3 * L3)
}
mn <- function(a, m, b, n, conf) {
  z <- qnorm((1 + conf) / 2); d <- a / m - b / n; N <- m + n
  score <- function(delta) {
    p2 <- min(max(restricted(a, m, b, n, delta), 0, -delta), 1, 1 - delta); p1 <- p2 + delta
    (d - delta) / sqrt(max(1e-300, (p1 * (1 - p1) / m + p2 * (1 - p2) / n) * N / (N - 1)))
  }
  find <- function(f, low, high) {
    for (i in 1:200) { mid <- (low + high) / 2; if (f(mid) > 0) low <- mid else high <- mid }
    (low + high) / 2
  }
  c(if (d <= -1) -1 else find(function(t) score(t) - z, -1, d), if (d >= 1) 1 else find(function(t) score(t) + z, d, 1))
}
for (g in list(c(56, 70, 48, 80), c(9, 10, 3, 10), c(6, 7, 2, 7), c(5, 56, 0, 29), c(0, 10, 0, 20), c(10, 10, 0, 20),
               c(10, 10, 0, 10), c(3, 5, 3, 5), c(1, 1, 0, 1), c(7, 9, 1, 11))) for (conf in c(.9, .95)) {
  for (m in c("newcombe", "miettinen_nurminen")) {
    limits <- (if (m == "newcombe") newcombe else mn)(g[1], g[2], g[3], g[4], conf)
    oracle(sprintf("%s %s %g", m, paste(g, collapse = " "), conf), "difference.difference",
           list(test = g[1:2], reference = g[3:4], method = m, conf_level = conf),
           list(estimate = g[1] / g[2] - g[3] / g[4], lower = limits[1], upper = limits[2]))
  }
}
oracle("empty group", "difference.difference", list(test = c(1, 2), reference = c(0, 0)),
       list(estimate = NA, lower = NA, upper = NA))

for (g in list(c(3, 4, 1, 4), c(10, 12, 2, 11), c(0, 5, 0, 7), c(5, 5, 0, 6), c(7, 20, 3, 15), c(1, 1, 0, 1), c(0, 0, 2, 3)))
  for (side in c("two_sided", "greater", "less")) {
    table <- matrix(c(g[1], g[2] - g[1], g[3], g[4] - g[3]), 2)
    ratio <- if ((g[2] - g[1]) * g[3] == 0) NA else g[1] * (g[4] - g[3]) / ((g[2] - g[1]) * g[3])
    oracle(paste(side, paste(g, collapse = " ")), "association.fisher",
           list(test = g[1:2], reference = g[3:4], alternative = side),
           list(odds_ratio = ratio, p_value = min(1, fisher.test(table, alternative = sub("_", ".", side))$p.value)))
  }

exact_trend <- function(n, N, s, side) {  # all ways to spread the events over the groups
  grid <- as.matrix(expand.grid(lapply(N, function(k) 0:k)))
  grid <- grid[rowSums(grid) == sum(n), , drop = FALSE]
  w <- apply(grid, 1, function(x) prod(choose(N, x)))
  t <- as.vector(grid %*% s); seen <- sum(n * s); mean <- sum(n) * sum(N * s) / sum(N)
  tol <- 1e-9
  keep <- switch(side, two_sided = abs(t - mean) >= abs(seen - mean) - tol, greater = t >= seen - tol, less = t <= seen + tol)
  sum(w[keep]) / sum(w)
}
for (g in list(list(n = c(0, 1, 3), N = c(3, 3, 6), s = 1:3), list(n = c(2, 0, 4, 3), N = c(4, 3, 6, 3), s = c(1, 2.5, 5, 10)),
               list(n = c(3, 3, 0), N = c(3, 3, 3), s = c(.1, .2, .3)), list(n = c(1, 2), N = c(6, 5), s = 1:2)))
  for (side in c("two_sided", "greater", "less")) {
    p <- sum(g$n) / sum(g$N); centre <- sum(g$N * g$s) / sum(g$N)
    z <- sum((g$s - centre) * g$n) / sqrt(p * (1 - p) * sum(g$N * (g$s - centre)^2))
    stopifnot(abs(z^2 - suppressWarnings(prop.trend.test(g$n, g$N, g$s)$statistic)) < 1e-9)
    for (m in c("exact", "asymptotic")) {
      value <- if (m == "exact") exact_trend(g$n, g$N, g$s, side)
               else switch(side, two_sided = 2 * pnorm(-abs(z)), greater = pnorm(-z), less = pnorm(z))
      oracle(paste(m, side, paste(g$n, collapse = " ")), "association.cochran_armitage",
             list(n = g$n, N = g$N, scores = g$s, alternative = side, method = m), list(z = z, p_value = value))
    }
  }
oracle("nobody", "association.cochran_armitage", list(n = c(0, 0), N = c(3, 4)), list(z = NA, p_value = NA))

strata <- list(list(c(2, 10, 5, 12), c(3, 8, 4, 9)), list(c(5, 6, 1, 6), c(4, 5, 2, 7), c(0, 2, 0, 3)),
               list(c(3, 5, 2, 5)), list(c(6, 9, 1, 8), c(7, 9, 3, 9), c(2, 2, 0, 1)))
for (i in seq_along(strata)) for (conf in c(.9, .95)) for (rule in c("sas", "r")) {
  g <- strata[[i]]
  tables <- lapply(g, function(k) list(k[1:2], k[3:4]))
  cells <- array(unlist(lapply(g, function(k) c(k[1], k[3], k[2] - k[1], k[4] - k[3]))), c(2, 2, length(g)))
  if (length(g) == 1) {  # mantelhaen.test wants two strata: a second one without information
    cells <- array(c(cells, c(0, 0, 2, 2)), c(2, 2, 2))
  }
  t <- mantelhaen.test(cells, correct = rule == "r", conf.level = conf)
  args <- list(tables = tables, conf_level = conf, convention = rule)
  oracle(sprintf("strata %d %g %s", i, conf, rule), "stratified.mantel_haenszel", args,
         list(statistic = unname(t$statistic), p_value = t$p.value, odds_ratio = unname(t$estimate),
              lower = t$conf.int[1], upper = t$conf.int[2]))
}

exact_rank <- function(x, y, side) {  # every choice of the test group
  r <- rank(c(x, y)); m <- length(x); seen <- sum(r[seq_len(m)])
  w <- combn(length(r), m, function(i) sum(r[i])); mean <- m * (length(r) + 1) / 2
  mean(switch(side, two_sided = abs(w - mean) >= abs(seen - mean) - 1e-9, greater = w >= seen - 1e-9, less = w <= seen + 1e-9))
}
for (g in list(list(c(1.1, 2.2, 5.5), c(3.3, 4.4)), list(c(1, 2, 2, 5), c(2, 3, 4)), list(c(9, 9, 8, 12, 15), c(1, 2, 9, 3, 4, 5)),
               list(c(7), c(1, 2, 3)), list(c(4, 4), c(4, 4, 4)))) for (side in c("two_sided", "greater", "less"))
  oracle(paste(side, paste(unlist(g), collapse = " ")), "ranks.rank_sum",
         list(test = I(g[[1]]), reference = I(g[[2]]), alternative = side),
         list(n_test = length(g[[1]]), n_reference = length(g[[2]]),
              rank_sum = sum(rank(unlist(g))[seq_along(g[[1]])]), p_value = exact_rank(g[[1]], g[[2]], side)))
oracle("empty", "ranks.rank_sum", list(test = I(1), reference = list()), list(rank_sum = NA, p_value = NA))

kappa <- function(x, weights) {  # Fleiss, Cohen and Everitt 1969, term by term
  n <- sum(x); p <- x / n; k <- nrow(x); r <- rowSums(p); s <- colSums(p)
  d <- abs(outer(1:k, 1:k, "-")) / max(1, k - 1)
  w <- switch(weights, none = diag(k), linear = 1 - d, quadratic = 1 - d^2)
  po <- sum(w * p); pe <- sum(w * outer(r, s)); value <- (po - pe) / (1 - pe)
  total <- 0
  for (i in 1:k) for (j in 1:k) {
    bar <- sum(w[i, ] * s) + sum(w[, j] * r)
    total <- total + p[i, j] * (w[i, j] - bar * (1 - value))^2
  }
  c(value, sqrt(max(0, (total - (value - pe * (1 - value))^2) / (n * (1 - pe)^2))))
}
for (x in list(matrix(c(20, 10, 5, 15), 2), matrix(c(11, 1, 0, 2, 7, 3, 0, 2, 9), 3), matrix(c(4, 0, 1, 0, 3, 0, 0, 0, 2, 1, 5, 0, 0, 0, 1, 6), 4)))
  for (weights in c("none", "linear", "quadratic")) for (conf in c(.9, .95)) {
    k <- kappa(x, weights)
    oracle(sprintf("%d %s %g", nrow(x), weights, conf), "agreement.kappa",
           list(table = lapply(seq_len(nrow(x)), function(i) x[i, ]), weights = weights, conf_level = conf),
           list(N = sum(x), agreement = sum(diag(x)) / sum(x), kappa = k[1], se = k[2],
                lower = k[1] - qnorm((1 + conf) / 2) * k[2], upper = k[1] + qnorm((1 + conf) / 2) * k[2]))
  }
write_oracle("association.csv")
