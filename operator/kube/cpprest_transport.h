#pragma once
// The Transport over cpprestsdk. Its .cpp (with cpprest_push_buffer.h, a part of it) is the only
// file that knows the library.
//
//   int main() {
//     initialize_transport_threads();   // before anything else
//     auto transport = make_cpprest_transport({.server = access.server, .tls = access.tls});
//
// What the library does not do by itself and this adapter adds:
// - a deadline for a whole request; an idle limit of a stream measured on the bytes that arrive (a
//   whole HTTP chunk counts when its end has come: a chunk that trickles in looks silent);
// - back-pressure: a stream's bytes go through one bounded buffer to the caller's thread;
// - trust in the cluster's CA alone, TLS 1.2 or later, and words for what went wrong in TLS;
// - connections the server has closed meanwhile are noticed before they are used, and an idempotent
//   request is repeated once when that came too late. A POST or PATCH is never sent twice: the
//   library would do so on a kept-alive connection that dies, and is kept from it;
// - at most so many requests and streams at a time, counted apart.
//
// A body that is neither chunked nor of known length is delivered in pieces of 64 KiB. The API
// server sends chunks.
//
// IPv6 addresses in the URL do not work (the library resolves "[::1]" with its brackets); names do.

#include <cstddef>
#include <memory>
#include <string>

#include "operator/kube/credentials.h"
#include "operator/kube/transport.h"

namespace bootstrap::kube {

struct CpprestOptions {
  std::string server{};     // "https://host:port", perhaps with a path before the API's
  TlsMaterialSource tls{};  // asked for every new connection
  std::size_t max_requests = 16;
  std::size_t max_streams = 128;
  std::size_t max_body = std::size_t{64} << 20U;        // of send(); more is TooLarge
  std::size_t stream_buffer = std::size_t{256} << 10U;  // between network and sink
  std::string user_agent = "bootstrap-operator";
};

// To be called once, first in main, before any thread exists: sizes the library's thread pool, and
// keeps OpenSSL from loading the system's CA bundle for each connection (which is not trusted
// anyway, and costs 20 ms). There is one thread: none of it ever blocks on us, and with two a
// request could not be cancelled safely, as the library closes its socket without a lock.
void initialize_transport_threads();

// Throws std::invalid_argument when `server` is not an https URL or `tls` is empty. The transport
// may be destroyed when no call is in progress.
std::unique_ptr<Transport> make_cpprest_transport(CpprestOptions options);

}  // namespace bootstrap::kube
