"""What several benchmarks share: data sets, methods, classifiers, result files, options."""
