#include "controllers/names.h"

#include <array>

#include <fmt/format.h>
#include <openssl/sha.h>

#include "controllers/limits.h"

namespace bootstrap {
namespace {

// 50 bits in 10 letters and digits. A collision would have to happen within one workflow, whose
// names share the rest; the owner's UID is checked besides.
constexpr std::size_t kHashLength = 10;

std::string attempt_name(std::string_view workflow, std::string_view workflow_uid,
                         const StepRef& ref, int attempt, std::size_t longest) {
  const std::string hash =
      short_hash(fmt::format("{}/{}/{}/{}", workflow_uid, ref.phase, ref.step, attempt));
  std::string readable = fmt::format("{}-{}", workflow, ref.step);
  readable.resize(std::min(readable.size(), longest - kHashLength - 1));
  while (readable.ends_with('-')) readable.pop_back();
  return fmt::format("{}-{}", readable, hash);
}

}  // namespace

std::string short_hash(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string hash;
  for (std::size_t i = 0; i < kHashLength; ++i) {
    const std::size_t bit = i * 5;
    const unsigned pair =
        static_cast<unsigned>(digest[bit / 8]) << 8U | static_cast<unsigned>(digest[bit / 8 + 1]);
    hash += kAlphabet[pair >> (11U - bit % 8) & 31U];
  }
  return hash;
}

std::string to_text(const StepRef& ref) {
  return ref.phase + "/" + ref.step;
}

std::string job_name(std::string_view workflow, std::string_view workflow_uid, const StepRef& ref,
                     int attempt) {
  return attempt_name(workflow, workflow_uid, ref, attempt, limits::kJobName);
}

std::string child_name(std::string_view workflow, std::string_view workflow_uid, const StepRef& ref,
                       int attempt) {
  return attempt_name(workflow, workflow_uid, ref, attempt, limits::kWorkflowName);
}

std::string plan_name(std::string_view workflow, std::string_view workflow_uid, int run) {
  return fmt::format("{}-{}", workflow, short_hash(fmt::format("{}/{}", workflow_uid, run)));
}

std::string claim_name(std::string_view workflow, std::string_view workflow_uid) {
  return fmt::format("{}-workspace-{}", workflow,
                     short_hash(fmt::format("{}/workspace", workflow_uid)));
}

std::string event_name(std::string_view workflow, std::string_view workflow_uid,
                       std::string_view cause) {
  return fmt::format("{}.{}", workflow, short_hash(fmt::format("{}/{}", workflow_uid, cause)));
}

std::string lease_name(std::string_view lock) {
  return fmt::format("bootstrap-lock-{}", short_hash(std::string(lock)));
}

std::string label_of_lock(std::string_view lock) {
  return fmt::format("{}{}", labels::kLockPrefix, short_hash(std::string(lock)));
}

bool is_step_name(std::string_view name) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  if (name.empty() || name.size() > limits::kWorkflowName) return false;
  if (!letter_or_digit(name.front()) || !letter_or_digit(name.back())) return false;
  for (const char c : name)
    if (!letter_or_digit(c) && c != '-') return false;
  return true;
}

}  // namespace bootstrap
