# Reference values for reports/tests/reference.rs, made by R and its packages `boot` and `coin`:
#
#     Rscript reference.R | sed "s/ $//" > reference.txt
#
# (Debian: apt-get install r-base-core r-cran-boot r-cran-coin). One line each: what, the name of the sample, numbers.
# Samples are random, written out with all digits, and read back by the test. Where R has no exact method (ties, zeros),
# the distribution is counted out here, choice by choice, or taken from `coin`.
suppressMessages({ library(boot); library(coin) })
set.seed(20261121)
say <- function(what, name, ...) cat(what, name, sprintf("%.17g", c(...)), "\n")
cat("#", R.version.string, "boot", as.character(packageVersion("boot")), "coin", as.character(packageVersion("coin")), "\n")

# Sign by sign: zeros left out, midranks.
signs <- function(x) {
  x <- x[x != 0]; r <- rank(abs(x)); v <- sum(r[x > 0])
  all <- as.vector(as.matrix(expand.grid(rep(list(0:1), length(x)))) %*% r)
  min(1, 2 * min(mean(all <= v + 1e-9), mean(all >= v - 1e-9)))
}
# Choice by choice: midranks, as far from the mean on either side.
choices <- function(x, y) {
  r <- rank(c(x, y)); m <- length(x); w <- sum(r[1:m]); mean <- m * (length(r) + 1) / 2
  all <- combn(r, m, sum)
  mean(abs(all - mean) >= abs(w - mean) - 1e-9)
}

# Signed rank: distinct values, exact.
for (n in c(2, 5, 6, 7, 10, 12, 20, 30, 49)) {
  name <- paste0("z", n); z <- rnorm(n, 0.03, 0.08) + ifelse(runif(n) < 0.1, rexp(n), 0)
  w <- suppressWarnings(wilcox.test(z, conf.int = TRUE, exact = TRUE))
  qu <- max(1, qsignrank(0.025, n))
  say("sample", name, z)
  say("signed-rank", name, w$p.value, w$estimate, w$conf.int, 1 - 2 * psignrank(qu - 1, n))
}
# Beyond what is computed exactly: the normal approximation with continuity correction.
z <- rnorm(80, 0.02, 0.1); say("sample", "z80", z)
say("signed-rank-normal", "z80", wilcox.test(z, exact = FALSE, correct = TRUE)$p.value, sort(outer(z, z, "+")[upper.tri(diag(80), TRUE)] / 2)[c(1620, 1621)])
# Ties and zeros.
for (i in 1:6) {
  n <- 5 + i; name <- paste0("tied", i); z <- round(rnorm(n, 0.4, 1))
  say("sample", name, z)
  # coin wants pairs; zero.method "Wilcoxon" leaves zeros out.
  p <- if (all(z == 0)) 1 else as.numeric(pvalue(wilcoxsign_test(z ~ rep(0, n), distribution = "exact", zero.method = "Wilcoxon")))
  say("signed-rank-tied", name, signs(z), p)
}
# Two samples.
for (m in c(3, 5, 8, 12, 20)) {
  n <- m + 2; a <- paste0("a", m); b <- paste0("b", m)
  x <- rnorm(m, 0.05, 0.1); y <- rnorm(n, 0, 0.1)
  w <- suppressWarnings(wilcox.test(x, y, conf.int = TRUE, exact = TRUE))
  qu <- max(1, qwilcox(0.025, m, n))
  say("sample", a, x); say("sample", b, y)
  say("rank-sum", paste0(m), w$p.value, w$estimate, w$conf.int, 1 - 2 * pwilcox(qu - 1, m, n))
}
for (i in 1:5) {
  x <- round(rexp(4 + i, 0.4)); y <- round(rexp(8, 0.6))
  say("sample", paste0("ta", i), x); say("sample", paste0("tb", i), y)
  g <- data.frame(v = c(x, y), g = factor(rep(1:2, c(length(x), length(y)))))
  say("rank-sum-tied", paste0(i), choices(x, y), as.numeric(pvalue(wilcox_test(v ~ g, g, distribution = "exact"))))
}
x <- round(rnorm(50, 0.3, 1), 1); y <- round(rnorm(45, 0, 1), 1)
say("sample", "la", x); say("sample", "lb", y)
say("rank-sum-normal", "l", wilcox.test(x, y, exact = FALSE, correct = TRUE)$p.value)

# Friedman, with the F form of Iman and Davenport; the second half with ties.
for (i in 1:8) {
  n <- c(3, 6, 12, 30)[(i - 1) %% 4 + 1]; k <- c(3, 5, 4, 6)[(i - 1) %% 4 + 1]
  v <- matrix(rexp(n * k) + rep((1:k) / 4, each = n), n); if (i > 4) v <- round(v)
  chi <- unname(friedman.test(v)$statistic); f <- (n - 1) * chi / (n * (k - 1) - chi)
  say("sample", paste0("blocks", i), t(v))
  say("friedman", paste0("blocks", i), k, chi, f, pf(f, k - 1, (k - 1) * (n - 1), lower.tail = FALSE))
}
for (i in 1:30) { m <- sample(1:9, 1); n <- sample(1:200, 1); f <- rexp(1, 0.5); say("f", paste0(i), f, m, n, pf(f, m, n, lower.tail = FALSE)) }

# Families.
for (i in 1:4) {
  p <- round(runif(c(1, 5, 20, 48)[i])^3, 3); say("sample", paste0("family", i), p); say("bh", paste0("family", i), p.adjust(p, "BH"))
}
# Quantiles and tails.
for (df in c(1, 2, 3, 5, 9, 11, 19, 29, 99)) for (q in c(0.8, 0.9, 0.975, 0.995)) say("t", "q", q, df, qt(q, df))
for (z in c(-8, -3.1, -1.96, -0.3, 0, 0.001, 1, 2.5, 2.999, 3.001, 5, 9)) say("normal", "z", z, pnorm(z), pnorm(z, lower.tail = FALSE))
for (q in c(1e-12, 0.001, 0.025, 0.4, 0.5, 0.8, 0.975, 0.9999)) say("normal-quantile", "q", q, qnorm(q))
x <- rexp(17); say("sample", "x17", x); say("quantile", "x17", quantile(x, c(0, 0.05, 0.25, 0.5, 0.9, 0.99, 1)))

# BCa. The draws come from the generator of Park and Miller, which the test repeats, so that both see the same replicates:
# the k-th index of a draw is state mod n, the state being multiplied by 16807 modulo 2^31 - 1 each time. Only statistics that
# hardly ever repeat: what equals the estimate counts half for us, and not at all for `boot`.
state <- 12345
draw <- function(n) sapply(seq_len(n), function(i) { state <<- (16807 * state) %% 2147483647; state %% n + 1 })
for (i in 1:3) {
  n <- c(14, 18, 25)[i]; x <- rexp(n); name <- paste0("bca", i); stat <- list(mean, function(x) exp(mean(log(x))), sd)[[i]]
  state <- 12345
  t <- replicate(999, stat(x[draw(n)]))
  jack <- sapply(seq_len(n), function(j) stat(x[-j])); L <- (n - 1) * (mean(jack) - jack)
  fake <- list(t0 = stat(x), t = matrix(t), R = 999, strata = rep(1, n), weights = rep(1 / n, n), sim = "ordinary", stype = "i", data = x)
  class(fake) <- "boot"
  ci <- boot:::bca.ci(fake, 0.95, 1, t0 = stat(x), t = t, L = L)
  say("sample", name, x); say("bca", name, stat(x), ci[4:5])
}
