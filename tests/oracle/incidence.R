# Distinct subjects by kind of record, and by the highest rank of each, counted with tapply.
source("common.R")

set.seed(20260630)
for (case in list(c(4, 3, 10), c(20, 5, 60), c(1, 1, 1), c(6, 4, 0))) {
  subjects <- case[1]; kinds <- case[2]; records <- case[3]
  subject <- sample(subjects, records, replace = TRUE) - 1
  kind <- sample(kinds, records, replace = TRUE) - 1
  rank <- (7 * seq_len(records) + subject) %% 3
  first <- seq_len(subjects) %% 2 == 1
  for (member in list(rep(TRUE, subjects), first)) {
    inside <- member[subject + 1]
    n <- tapply(subject[inside], factor(kind[inside], seq_len(kinds) - 1), function(x) length(unique(x)))
    n[is.na(n)] <- 0
    values <- as.list(as.numeric(n))
    names(values) <- sprintf("n[%d][0]", seq_len(kinds) - 1)
    oracle(sprintf("%d subjects %d kinds %d records %d inside", subjects, kinds, records, sum(member)),
           "incidence.incidence",
           list(subject = I(subject), kind = I(kind), kinds = kinds, members = list(I(member))), values)
    worst <- tapply(rank[inside], list(factor(kind[inside], seq_len(kinds) - 1), subject[inside]), max)
    values <- list()
    for (k in seq_len(kinds)) for (r in 0:2)
      values[[sprintf("n[%d][%d][0]", k - 1, r)]] <- if (length(worst)) sum(worst[k, ] == r, na.rm = TRUE) else 0
    oracle(sprintf("worst of %d subjects %d kinds %d records %d inside", subjects, kinds, records, sum(member)),
           "incidence.worst_incidence",
           list(subject = I(subject), kind = I(kind), rank = I(rank), kinds = kinds, ranks = 3,
                members = list(I(member))), values)
  }
}
write_oracle("incidence.csv")
