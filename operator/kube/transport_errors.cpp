#include "operator/kube/transport_errors.h"

#include <string>
#include <system_error>

#include "operator/kube/tls_context.h"

namespace bootstrap::kube {

LibraryError explain_library_error(std::string_view where, int code, std::string_view verify_note,
                                   bool may_be_applied) {
  using Kind = TransportError::Kind;
  const auto begins = [where](std::string_view words) {
    return where.substr(0, words.size()) == words;
  };
  if (std::string tls = tls_error_text(static_cast<unsigned>(code)); !tls.empty()) {
    if (tls == "certificate verify failed") tls += ": " + std::string(verify_note);
    return {{Kind::Tls, "TLS: " + tls, false}};
  }
  const std::string what = std::string(where) + ": " + std::generic_category().message(code);
  if (begins("Error in SSL handshake")) {
    return {{Kind::Tls, "TLS: the connection ended in the handshake", false}};
  }
  if (begins("Error resolving") || begins("Failed to resolve") || begins("Failed to connect")) {
    return {{Kind::Unreachable, what, false}};
  }
  if (begins("Failed to write request")) return {{Kind::Broken, what, false}, true};
  if (begins("cannot rewind")) {
    return {{Kind::Broken, "the kept-alive connection ended before the answer", true}, false, true};
  }
  return {{Kind::Broken, what, may_be_applied}};
}

}  // namespace bootstrap::kube
