#include "test/metrics/all_series.hpp"

#include <iostream>

// Prints one of each series. docs/generate makes docs/reference-metrics.md of
// it.

int main() {
  holystone::metrics::instruments all;
  holystone::metrics::show_all(all);
  std::cout << all.expose();
}
