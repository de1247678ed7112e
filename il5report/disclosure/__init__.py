"""A report that shows no subject: names of subjects left out, counts below a threshold hidden."""
