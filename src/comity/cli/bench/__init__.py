"""How fast each part is: one module a subject, each with one function that returns named figures."""
