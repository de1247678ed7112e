# Sourced by the scripts of this folder: collects rows and writes the CSV that test_oracle.py reads.
# Numbers carry 17 significant digits. A vector of length one is a JSON number unless wrapped in I().

.rows <- list()

.number <- function(x) ifelse(is.na(x), "NA", ifelse(is.infinite(x), ifelse(x > 0, "Inf", "-Inf"), sprintf("%.17g", x)))

json <- function(x) {
  if (is.list(x) && is.null(names(x))) {  # an array whose elements are not all numbers
    return(sprintf("[%s]", paste(vapply(x, json, ""), collapse = ", ")))
  }
  if (is.list(x)) {
    return(sprintf("{%s}", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ", ")))
  }
  text <- if (is.character(x)) sprintf('"%s"', x)
          else if (is.logical(x)) ifelse(is.na(x), "null", ifelse(x, "true", "false"))
          else .number(x)
  if (length(text) == 1 && !inherits(x, "AsIs")) text else sprintf("[%s]", paste(text, collapse = ", "))
}

# A call whose result is the argument of another one.
nested <- function(fun, args) list(`function` = fun, args = args)

# values: named list; a vector of several elements gives name[0], name[1], ...; wrap a vector in I()
# to have name[0] for a single element as well. The name "" is for a result that is itself an array.
oracle <- function(case, fun, args, values) {
  args <- json(args)
  for (i in seq_along(values)) {
    stat <- names(values)[i]
    value <- values[[i]]
    array <- length(value) != 1 || inherits(value, "AsIs")
    path <- if (array) sprintf("%s[%d]", stat, seq_along(value) - 1) else stat
    text <- if (is.character(value)) sprintf('"%s"', value) else .number(unclass(value))
    rows <- sprintf('%s,%s,"%s",%s,%s', case, fun, gsub('"', '""', args), path, text)
    .rows[[length(.rows) + 1]] <<- rows[seq_along(value)]
  }
}

write_oracle <- function(file, packages = character()) {
  versions <- vapply(packages, function(p) paste(p, packageVersion(p)), "")
  first <- paste0("# R ", paste(R.version$major, R.version$minor, sep = "."),
                  if (length(packages)) paste0("; ", paste(versions, collapse = ", ")))
  writeLines(c(first, "case,function,args,stat,value", unlist(.rows)), file)
}
