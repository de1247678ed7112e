# Non-compartmental analysis, written from the rules: each profile as a table of segments.
source("common.R")

# value: NA = below the limit of quantification
prepare <- function(time, value, inside, predose) {
  blq <- is.na(value); q <- which(!blq); v <- ifelse(blq, 0, value)
  if (length(q)) for (i in which(blq)) if (i > min(q) && i < max(q)) {
    alone <- !blq[i - 1] && !blq[i + 1]
    if (inside == "missing" || (inside == "single_missing" && alone)) v[i] <- NA
  }
  if (predose && min(time) > 0) { time <- c(0, time); v <- c(0, v) }
  list(t = time[!is.na(v)], c = v[!is.na(v)])
}
is_log <- function(t1, c1, c2, method, tmax)
  c1 > 0 && c2 > 0 && c1 != c2 && ((method == "linear_up_log_down" && c2 < c1) || (method == "linear_log" && t1 >= tmax))
# Each segment is an integral of its own curve: straight, or exponential where the rule says so.
auc <- function(p, from, to, method) {
  tmax <- p$t[which.max(p$c)]; total <- 0
  for (i in seq_along(p$t)[-1]) {
    t1 <- p$t[i - 1]; t2 <- p$t[i]; c1 <- p$c[i - 1]; c2 <- p$c[i]; a <- max(from, t1); b <- min(to, t2)
    if (a >= b) next
    if (is_log(t1, c1, c2, method, tmax)) {
      k <- log(c1 / c2) / (t2 - t1)
      total <- total + c1 / k * (exp(-k * (a - t1)) - exp(-k * (b - t1)))
    } else {
      k <- (c2 - c1) / (t2 - t1)
      total <- total + c1 * (b - a) + k * ((b - t1)^2 - (a - t1)^2) / 2
    }
  }
  total
}
slope <- function(t, c) {
  s <- summary(fit <- lm(log(c) ~ t))
  list(b = unname(coef(fit)), r2 = s$r.squared, adj = s$adj.r.squared, n = length(t), first = min(t), last = max(t))
}
terminal <- function(p, window, min_n) {
  tmax <- p$t[which.max(p$c)]; ok <- p$c > 0 & p$t > tmax
  if (length(window)) ok <- ok & p$t >= window[1] & p$t <= window[2]
  t <- p$t[ok]; c <- p$c[ok]
  if (length(t) < min_n) return(NULL)
  fits <- lapply((if (length(window)) length(t) else min_n):length(t), function(n) slope(tail(t, n), tail(c, n)))
  adj <- vapply(fits, function(f) f$adj, 0); down <- vapply(fits, function(f) f$b[2] < 0, NA)
  pick <- which(adj > max(adj) - 1e-4 & down)
  if (length(pick)) fits[[max(pick)]] else NULL
}
nca <- function(time, value, windows, auc_method = "linear_up_log_down", blq_inside = "single_missing", predose_zero = TRUE,
                after_last = "zero", extrapolate = NULL, lambda_window = NULL, lambda_min_points = 3, lambda_min_r2adj = .8,
                loss_run = 2) {
  p <- prepare(time, value, blq_inside, predose_zero); any_q <- any(p$c > 0); blq <- is.na(value)
  v <- list(n = length(time), n_quantifiable = sum(!blq), cmax = if (any_q) max(p$c) else 0)
  names_t <- c("lamznpt", "lamzll", "lamzul", "r2", "r2adj"); names_s <- c("lamz", "lamzhl", "lamzspn", "clstp", "aucifo", "aucifp", "aucpeo", "aucpep")
  last <- if (any_q) max(which(p$c > 0)) else NA_integer_; clst <- p$c[last]; tlst <- p$t[last]
  v <- c(v, list(tmax = if (any_q) p$t[which.max(p$c)] else NA, clst = clst, tlst = tlst))
  from0 <- p$t[1] == 0; gap <- if (any_q && last < length(p$t)) p$t[last + 1] - tlst else 0
  v$auclst <- if (!from0) NA else if (any_q) auc(p, 0, tlst, auc_method) else 0
  v$aucall <- if (!from0) NA else if (any_q) v$auclst + clst * gap / 2 else 0
  f <- if (any_q) terminal(p, lambda_window, lambda_min_points) else NULL
  for (k in c(names_t, names_s)) v[[k]] <- NA
  lz <- NA
  if (!is.null(f)) {
    v$lamznpt <- f$n; v$lamzll <- f$first; v$lamzul <- f$last; v$r2 <- f$r2; v$r2adj <- f$adj
    if (f$adj >= lambda_min_r2adj) {
      lz <- -f$b[2]; v$lamz <- lz; v$lamzhl <- log(2) / lz; v$lamzspn <- (f$last - f$first) / v$lamzhl
      v$clstp <- exp(f$b[1] + f$b[2] * tlst)
      v$aucifo <- v$auclst + clst / lz; v$aucifp <- v$auclst + v$clstp / lz
      v$aucpeo <- clst / lz / v$aucifo; v$aucpep <- v$clstp / lz / v$aucifp
    }
  }
  runs <- if (any_q && length(time) >= loss_run)
    Filter(function(i) i > min(which(!blq)) && all(blq[i:(i + loss_run - 1)]), 1:(length(time) - loss_run + 1)) else integer()
  v$loss <- if (length(runs)) time[runs[1]] else NA
  for (i in seq_along(windows)) {
    a <- windows[[i]][1]; b <- windows[[i]][2]; end <- if (any_q && after_last == "triangle") max(p$t) else tlst
    within <- if (p$t[1] > a) NA else if (!any_q) 0 else if (a >= end) 0 else auc(p, a, min(b, end), auc_method)
    beyond <- 0
    if (any_q && b > tlst && gap == 0 && !is.na(within)) {
      if (is.null(extrapolate) || is.na(lz)) within <- NA
      else beyond <- (if (extrapolate == "observed") clst else v$clstp) * integrate(function(t) exp(-lz * t), max(0, a - tlst), b - tlst,
                       rel.tol = 1e-13)$value
    }
    v[[sprintf("windows[%d].auc", i - 1)]] <- within + beyond
    v[[sprintf("windows[%d].extrapolated", i - 1)]] <- if (is.na(within + beyond)) NA else if (beyond == 0) 0 else beyond / (within + beyond)
  }
  v
}

profiles <- list(
  full = list(c(0, 1, 3, 7, 10, 14, 21, 28, 42, 56, 84, 180), c(NA, NA, 410, 12500, 58200, 41300, 15700, 6120, 2210, 980, 402, 118)),
  bracketed = list(c(0, 1, 4, 7, 11, 14, 21, 27, 45, 60, 90), c(NA, NA, NA, 3300, 21800, 30500, 8800, 3150, 610, 133, NA)),
  no_predose = list(c(1, 3, 7, 10, 14, 21, 28), c(55, 640, 9400, 14100, 7700, 1850, 430)),
  short = list(c(0, 1, 3, 7, 10, 14, 21), c(NA, 62, 880, 9400, 14100, 7700, 1850)),
  early_end = list(c(0, 3, 5, 7, 9, 11, 14, 21), c(NA, 900, 8700, 16400, 12100, 8200, 5100, 1400)),
  lost = list(c(0, 3, 7, 10, 14, 17, 21, 35, 49), c(NA, 120, 950, 1430, 700, 310, NA, NA, NA)),
  hole = list(c(0, 1, 3, 7, 10, 14, 21, 28, 56), c(NA, NA, 120, 950, NA, 1430, 310, NA, NA)),
  two_holes = list(c(0, 3, 7, 10, 14, 17, 21, 25, 28, 42, 60), c(NA, 400, 5000, 2500, NA, NA, 300, NA, 110, 60, 52)),
  ties = list(c(0, 2, 7, 9, 14, 21, 30, 58), c(NA, 75, 22000, 22000, 22000, 9000, 3500, 700)),
  rebound = list(c(0, 1, 3, 7, 10, 14, 21, 28, 56, 90), c(NA, NA, 300, 5000, 9000, 4000, 3000, 3600, 5200, 6100)),
  scatter = list(c(0, 7, 10, 14, 21, 28, 60), c(NA, 5000, 9000, 800, 3000, 500, 900)),
  never = list(c(0, 3, 7, 14, 28), rep(NA_real_, 5)),
  single = list(c(10), c(500)),
  baseline = list(c(0, 2, 5, 9, 15, 24), c(30, 25, 90, 40, 21, 8.5)))
sets <- list(
  default = list(),
  linear = list(auc_method = "linear", blq_inside = "missing", predose_zero = FALSE),
  log = list(auc_method = "linear_log", blq_inside = "zero", after_last = "triangle"),
  observed = list(extrapolate = "observed", lambda_min_r2adj = -1, loss_run = 1),
  predicted = list(extrapolate = "predicted", lambda_window = c(11, 100), lambda_min_points = 4, lambda_min_r2adj = .5, loss_run = 3))
windows <- list(c(0, 28), c(0, 84), c(5, 12.5), c(20, 40))
for (s in names(sets)) for (k in names(profiles)) {
  time <- profiles[[k]][[1]]; value <- profiles[[k]][[2]]
  blq <- is.na(value)
  args <- list(time = I(time), concentration = I(ifelse(blq, 0, value)), blq = I(as.integer(blq)), windows = windows)
  if (length(sets[[s]])) args$rules <- nested("kinetics.Rules", sets[[s]])
  oracle(paste(s, k), "kinetics.nca", args, do.call(nca, c(list(time, value, windows), sets[[s]])))
}
write_oracle("kinetics.csv")
