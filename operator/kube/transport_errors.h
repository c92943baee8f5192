#pragma once
// Says in our words what the HTTP library says in its own. It reports where a request failed as
// text and an error number without a category; the texts below are those of cpprestsdk 2.10.
//
// Threads: pure.

#include <string_view>

#include "operator/kube/transport.h"

namespace bootstrap::kube {

struct LibraryError {
  TransportError error;
  // The request was not written whole, so the server cannot have acted on it.
  bool while_writing = false;
  // A kept-alive connection died and the library wanted to send again, but could not. It has by
  // then put a connection into its pool that was never made: the pool must not be used any more.
  bool pool_spoiled = false;
};

// `verify_note` says why a certificate was refused, `may_be_applied` whether the body of the
// request has begun to be written.
LibraryError explain_library_error(std::string_view where, int code, std::string_view verify_note,
                                   bool may_be_applied);

}  // namespace bootstrap::kube
