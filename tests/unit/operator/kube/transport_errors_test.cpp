#include "operator/kube/transport_errors.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace bootstrap::kube {
namespace {

using Kind = TransportError::Kind;

struct ErrorRow {
  const char* name;
  const char* where;
  int code;
  bool may_be_applied;
  Kind kind;
  bool maybe_applied;
  bool while_writing;
  bool pool_spoiled;
};
void PrintTo(const ErrorRow& row, std::ostream* out) {
  *out << row.name;
}

class LibraryErrors : public testing::TestWithParam<ErrorRow> {};

TEST_P(LibraryErrors, AreExplained) {
  const ErrorRow& row = GetParam();
  const auto got = explain_library_error(row.where, row.code, "a note", row.may_be_applied);
  EXPECT_EQ(got.error.kind, row.kind);
  EXPECT_EQ(got.error.maybe_applied, row.maybe_applied);
  EXPECT_EQ(got.while_writing, row.while_writing);
  EXPECT_EQ(got.pool_spoiled, row.pool_spoiled);
  EXPECT_FALSE(got.error.message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Texts, LibraryErrors,
    testing::Values(ErrorRow{"Resolve", "Error resolving address", 1, true, Kind::Unreachable,
                             false, false, false},
                    ErrorRow{"Connect", "Failed to connect to any resolved endpoint", EHOSTUNREACH,
                             true, Kind::Unreachable, false, false, false},
                    ErrorRow{"Handshake", "Error in SSL handshake", 2, true, Kind::Tls, false,
                             false, false},
                    ErrorRow{"Verify", "Error in SSL handshake", 0x0A000086, true, Kind::Tls, false,
                             false, false},
                    ErrorRow{"AlertWhileReading", "Failed to read HTTP status line", 0x0A00045C,
                             true, Kind::Tls, false, false, false},
                    ErrorRow{"WriteHeaders", "Failed to write request headers", EPIPE, true,
                             Kind::Broken, false, true, false},
                    ErrorRow{"WriteBody", "Failed to write request body", EPIPE, true, Kind::Broken,
                             false, true, false},
                    ErrorRow{"Rewind", "cannot rewind input stream for connection re-establishment",
                             2, true, Kind::Broken, true, false, true},
                    ErrorRow{"Read", "Failed to read HTTP status line", ECONNRESET, true,
                             Kind::Broken, true, false, false},
                    ErrorRow{"ReadNothingSent", "Failed to read HTTP status line", ECONNRESET,
                             false, Kind::Broken, false, false, false}),
    [](const auto& row) { return row.param.name; });

TEST(LibraryErrorText, ACertificateThatWasRefusedHasItsReason) {
  EXPECT_EQ(
      explain_library_error("Error in SSL handshake", 0x0A000086, "expired", true).error.message,
      "TLS: certificate verify failed: expired");
}

}  // namespace
}  // namespace bootstrap::kube
