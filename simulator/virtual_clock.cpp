#include "simulator/virtual_clock.hpp"

namespace holystone::simulator {

virtual_clock::virtual_clock(instant start, double scale,
                             steady::time_point real)
    : start_(start), real_(real), scale_(scale) {
  // nop
}

std::chrono::duration<double>
virtual_clock::since_start(steady::time_point real) const {
  return base_ + (real - real_) * scale_;
}

instant virtual_clock::now(steady::time_point real) const {
  return start_ + std::chrono::floor<seconds>(since_start(real));
}

void virtual_clock::advance(seconds span) {
  if (span.count() > 0)
    base_ += span;
}

void virtual_clock::set_scale(double scale, steady::time_point real) {
  base_ = since_start(real);
  real_ = real;
  scale_ = scale;
}

} // namespace holystone::simulator
