#pragma once
// Randomness that is the same on every machine for the same seed.
//
// The distributions of the standard library may differ between implementations; a seed that failed
// somewhere must fail everywhere, so the few we need are written here (splitmix64 underneath).
//
// Threads: one thread. fork() gives a part of the world its own sequence, so that one part drawing
// more or fewer numbers does not change what happens in the others.

#include <chrono>
#include <cstdint>
#include <string>

#include "controllers/time.h"

namespace bootstrap::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // 0 … bound-1; 0 for a bound of 0.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  // low … high, both included.
  int between(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  Duration between(Duration low, Duration high) {
    return low + Duration(static_cast<std::int64_t>(
                     below(static_cast<std::uint64_t>((high - low).count()) + 1)));
  }
  bool chance(double probability) {
    return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability;
  }
  // Lower-case letters and digits without vowels, as Kubernetes makes up names.
  std::string name_suffix(int length) {
    static constexpr char kAlphabet[] = "bcdfghjklmnpqrstvwxz2456789";
    std::string text;
    for (int i = 0; i < length; ++i) text += kAlphabet[below(sizeof(kAlphabet) - 1)];
    return text;
  }
  Random fork() { return Random(next()); }

 private:
  std::uint64_t state_;
};

}  // namespace bootstrap::simulation
