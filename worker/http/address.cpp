#include "worker/http/address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace reelspool {
namespace {

struct Net4 {
  std::uint32_t address;
  int bits;
};

constexpr std::uint32_t quad(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (a << 24) | (b << 16) | (c << 8) | d;
}

constexpr std::array not_public_4 = {
    Net4{quad(0, 0, 0, 0), 8},        // this network
    Net4{quad(10, 0, 0, 0), 8},       // private
    Net4{quad(100, 64, 0, 0), 10},    // carrier-grade NAT; also some clouds' metadata
    Net4{quad(127, 0, 0, 0), 8},      // loopback
    Net4{quad(169, 254, 0, 0), 16},   // link-local; also the clouds' metadata
    Net4{quad(172, 16, 0, 0), 12},    // private
    Net4{quad(192, 0, 0, 0), 24},     // protocol assignments
    Net4{quad(192, 0, 2, 0), 24},     // documentation
    Net4{quad(192, 88, 99, 0), 24},   // 6to4 relays
    Net4{quad(192, 168, 0, 0), 16},   // private
    Net4{quad(198, 18, 0, 0), 15},    // benchmarks
    Net4{quad(198, 51, 100, 0), 24},  // documentation
    Net4{quad(203, 0, 113, 0), 24},   // documentation
    Net4{quad(224, 0, 0, 0), 4},      // multicast
    Net4{quad(240, 0, 0, 0), 4},      // reserved, broadcast
};

bool is_public_4(std::uint32_t address) {
  return std::none_of(not_public_4.begin(), not_public_4.end(), [&](const Net4& net) {
    return (address >> (32 - net.bits)) == (net.address >> (32 - net.bits));
  });
}

using Bytes6 = std::array<std::uint8_t, 16>;

struct Net6 {
  Bytes6 address;
  int bits;
};

constexpr Net6 nat64{{0x00, 0x64, 0xff, 0x9b}, 96};
constexpr Net6 unicast{{0x20}, 3};
constexpr std::array not_public_6 = {
    Net6{{0x20, 0x01}, 23},              // protocol assignments: Teredo, ORCHID, benchmarks
    Net6{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    Net6{{0x20, 0x02}, 16},              // 6to4
    Net6{{0x3f, 0xff}, 20},              // documentation
};

bool is_in(const Bytes6& address, const Net6& net) {
  for (int bit = 0; bit < net.bits; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((address[at] & mask) != (net.address[at] & mask)) return false;
  }
  return true;
}

bool is_public_6(const Bytes6& address) {
  if (is_in(address, nat64)) return is_public_4(quad(address[12], address[13], address[14], address[15]));
  return is_in(address, unicast) && std::none_of(not_public_6.begin(), not_public_6.end(),
                                                 [&](const Net6& net) { return is_in(address, net); });
}

}  // namespace

bool is_public(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return is_public_4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    Bytes6 bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return is_public_6(bytes);
  }
  return false;
}

std::string private_literal(const std::string& host) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return "";
  std::string text = is_public(*found->ai_addr) ? "" : address_text(*found->ai_addr);
  freeaddrinfo(found);
  return text;
}

std::string address_text(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* number = nullptr;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (address.sa_family == AF_INET) {
    std::memcpy(&v4, &address, sizeof v4);
    number = &v4.sin_addr;
  } else if (address.sa_family == AF_INET6) {
    std::memcpy(&v6, &address, sizeof v6);
    number = &v6.sin6_addr;
  }
  if (number == nullptr || inet_ntop(address.sa_family, number, text.data(), text.size()) == nullptr)
    return "an address of another family";
  return text.data();
}

}  // namespace reelspool
