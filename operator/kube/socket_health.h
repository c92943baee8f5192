#pragma once
// What the kernel can tell and do about a TCP connection.
//
// Threads: stateless. Errors: none; what cannot be had is done without.

namespace bootstrap::kube {

// Lets the kernel probe a quiet connection, and give up one whose bytes are not acknowledged: a
// dead peer is noticed within about a minute.
void notice_dead_peers(int socket);

// Whether the other side has closed the connection, or it has failed, while nobody used it.
bool closed_by_peer(int socket);

}  // namespace bootstrap::kube
