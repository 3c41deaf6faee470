#pragma once

#include <sys/socket.h>

#include <string>

namespace reelspool {

/// Whether an address is one of the public internet, so that a request to it cannot reach this machine, its
/// network, or a cloud's metadata service. Refused: what the registries of special-purpose addresses (RFC 6890 and
/// IANA's, read 2026-11) list as not globally reachable, multicast, and IPv6 addresses that carry an IPv4 one
/// (mapped, 6to4, Teredo). NAT64's well-known prefix counts as the IPv4 address in it, which is how hosts
/// without IPv4 reach the rest.
bool is_public(const sockaddr& address);

/// The address that a host's name spells out ("10.0.0.1", "::1"), when it is not public; empty for any other name.
std::string private_literal(const std::string& host);

/// "127.0.0.1", "fe80::1"; for messages.
std::string address_text(const sockaddr& address);

}  // namespace reelspool
