# Designs on a binary endpoint. Base R: plain loops over every design, dbinom and pbinom.
source("common.R")

size_of <- function(r, N, p) pbinom(r - 1, N, p, lower.tail = FALSE)
single <- function(N, p0, p1, alpha) {
  r <- 0
  while (r <= N && size_of(r, N, p0) > alpha) r <- r + 1
  list(N = N, reject_at = r, alpha = if (r > N) 0 else size_of(r, N, p0), power = if (r > N) 0 else size_of(r, N, p1))
}
for (a in list(c(20, .05, .3, .05), c(20, .1, .4, .025), c(20, .2, .5, .05), c(1, .5, .9, .05), c(6, .01, .2, .05), c(37, .2, .4, .1)))
  oracle(paste(a, collapse = " "), "design.single_stage", list(N = a[1], p0 = a[2], p1 = a[3], alpha = a[4]),
         single(a[1], a[2], a[3], a[4]))
for (a in list(c(.1, .3, .05, .2), c(.05, .25, .05, .1), c(.2, .4, .1, .1), c(.5, .9, .05, .2))) {
  N <- 1
  while (single(N, a[1], a[2], a[3])$power < 1 - a[4]) N <- N + 1
  oracle(paste(a, collapse = " "), "design.single_stage_size", list(p0 = a[1], p1 = a[2], alpha = a[3], beta = a[4]),
         single(N, a[1], a[2], a[3]))
}

reject <- function(r1, n1, r, n, p) {
  x <- (r1 + 1):n1
  if (r1 >= n1) 0 else sum(dbinom(x, n1, p) * pbinom(r - x, n - n1, p, lower.tail = FALSE))
}
characteristics <- function(r1, n1, r, n, p) {
  stop <- pbinom(r1, n1, p)
  list(reject = reject(r1, n1, r, n, p), stop_early = stop, expected_n = n1 + (1 - stop) * (n - n1))
}
for (d in list(c(1, 10, 5, 29), c(3, 13, 12, 43), c(0, 9, 2, 17), c(4, 4, 5, 9))) for (p in c(0, .05, .2, .6, 1))
  oracle(paste(c(d, p), collapse = " "), "design.two_stage_characteristics",
         list(r1 = d[1], n1 = d[2], r = d[3], n = d[4], p = p), characteristics(d[1], d[2], d[3], d[4], p))

search <- function(p0, p1, alpha, beta, max_n) {  # every design, without any shortcut
  best <- NULL
  for (n in 2:max_n) for (n1 in 1:(n - 1)) for (r1 in 0:n1) {
    if (pbinom(r1, n1, p1) > beta) break
    for (r in r1:(n - 1)) if (reject(r1, n1, r, n, p0) <= alpha) {
      power <- reject(r1, n1, r, n, p1)
      if (power >= 1 - beta) {
        stop <- pbinom(r1, n1, p0)
        best <- rbind(best, c(r1, n1, r, n, n1 + (1 - stop) * (n - n1), stop, reject(r1, n1, r, n, p0), power))
      }
      break
    }
  }
  colnames(best) <- c("r1", "n1", "r", "n", "en0", "pet0", "alpha", "power")
  best
}
admissible <- function(d) {  # smallest w n + (1 - w) EN over a fine grid of weights
  chosen <- unique(vapply(seq(0, 1 - 1e-5, length.out = 20001), function(w) {
    value <- w * d[, "n"] + (1 - w) * d[, "en0"]
    which(value <= min(value) + 1e-12)[1]
  }, 1L))
  d[chosen[order(d[chosen, "n"])], , drop = FALSE]
}
for (a in list(c(.05, .25, .05, .2, 26), c(.1, .3, .05, .2, 32), c(.1, .4, .05, .1, 24), c(.6, .9, .1, .1, 20), c(.2, .5, .05, .2, 22))) {
  d <- search(a[1], a[2], a[3], a[4], a[5])
  optimal <- d[order(d[, "en0"], d[, "n"])[1], ]
  minimax <- d[order(d[, "n"], d[, "en0"])[1], ]
  between <- admissible(d)
  values <- c(setNames(as.list(optimal), paste0("optimal.", names(optimal))),
              setNames(as.list(minimax), paste0("minimax.", names(minimax))),
              setNames(as.list(between[, "n"]), sprintf("admissible[%d].n", seq_len(nrow(between)) - 1)),
              setNames(as.list(between[, "en0"]), sprintf("admissible[%d].en0", seq_len(nrow(between)) - 1)))
  oracle(paste(a, collapse = " "), "design.simon", list(p0 = a[1], p1 = a[2], alpha = a[3], beta = a[4], max_n = a[5]), values)
}

for (a in list(c(20, .1, 1), c(3, .1, 1), c(6, 0, 1), c(20, .05, 2), c(10, 1, 10), c(5, .3, 6), c(0, .3, 1), c(4, .2, 0)))
  oracle(paste(a, collapse = " "), "design.probability_to_see", list(N = a[1], p = a[2], at_least = a[3]),
         setNames(list(1 - pbinom(a[3] - 1, a[1], a[2])), ""))

# Koyama and Chen 2008 (ordering by stage), Jung and Kim 2004 (UMVUE by conditional expectation).
extreme <- function(x, d, p) {
  if (x <= d[1]) return(pbinom(x - 1, d[2], p, lower.tail = FALSE))
  k <- (d[1] + 1):d[2]
  sum(dbinom(k, d[2], p) * pbinom(x - k - 1, d[3] - d[2], p, lower.tail = FALSE))
}
find <- function(f) {
  low <- 0; high <- 1
  for (i in 1:200) { mid <- (low + high) / 2; if (f(mid) < 0) low <- mid else high <- mid }
  (low + high) / 2
}
for (d in list(c(1, 10, 29), c(3, 13, 43), c(0, 9, 17), c(4, 18, 33))) {
  for (x in unique(c(0, d[1], d[1] + 1, d[1] + 3, d[1] + 9, d[3]))) for (conf in c(.9, .95)) {
    stopped <- x <= d[1]
    k <- max(d[1] + 1, x - (d[3] - d[2])):min(x, d[2])
    w <- if (stopped) NA else choose(d[2], k) * choose(d[3] - d[2], x - k)
    common <- list(x = x, N = if (stopped) d[2] else d[3], mle = x / (if (stopped) d[2] else d[3]),
                   umvue = if (stopped) x / d[2] else sum(k / d[2] * w) / sum(w), p_value = extreme(x, d, .15),
                   lower = if (x == 0) 0 else find(function(p) extreme(x, d, p) - (1 - conf) / 2))
    for (rule in c("koyama_chen", "clinfun")) {
      beyond <- if (rule == "clinfun") x else x + 1
      upper <- if (beyond == 0) NA else if (beyond > d[3]) 1 else find(function(p) extreme(beyond, d, p) - (1 + conf) / 2)
      oracle(paste(c(rule, d, x, conf), collapse = " "), "two_stage.two_stage_inference",
             list(x = x, design = d, p0 = .15, conf_level = conf, convention = rule), c(common, list(upper = upper)))
    }
  }
}
write_oracle("design.csv")
