#include "worker/http/address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace reelspool {
namespace {

/// Judged as the socket's address that it is.
bool judged_public(const char* text) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) return is_public(reinterpret_cast<const sockaddr&>(v6));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  EXPECT_EQ(inet_pton(AF_INET, text, &v4.sin_addr), 1) << text;
  return is_public(reinterpret_cast<const sockaddr&>(v4));
}

TEST(AnAddress, OfThePublicInternetIsReached) {
  for (const char* text : {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
                           "192.0.1.1", "198.17.255.255", "223.255.255.255", "2606:4700::1111",
                           "2a00:1450:4001::1", "2001:4860:4860::8888", "64:ff9b::808:808"})
    EXPECT_TRUE(judged_public(text)) << text;
}

TEST(AnAddress, OfThisMachineItsNetworkOrNobodyIsNot) {
  for (const char* text : {"0.0.0.0",
                           "10.1.2.3",
                           "100.64.0.1",
                           "100.100.100.200",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.168.1.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "203.0.113.9",
                           "224.0.0.1",
                           "239.1.1.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:8.8.8.8",
                           "::ffff:127.0.0.1",
                           "::8.8.8.8",
                           "64:ff9b::7f00:1",
                           "64:ff9b::a9fe:a9fe",
                           "64:ff9b:1::808:808",
                           "fc00::1",
                           "fd12:3456::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "2001:db8::1",
                           "2001:0:1::1",
                           "2002:7f00:1::1",
                           "2002:808:808::1",
                           "3fff::1",
                           "4000::1"})
    EXPECT_FALSE(judged_public(text)) << text;
}

TEST(AnAddress, OfAnotherFamilyIsNot) {
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_FALSE(is_public(local));
}

TEST(AHostsName, ThatSpellsOutAnAddressIsJudgedToo) {
  EXPECT_EQ(private_literal("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(private_literal("0x7f.1"), "127.0.0.1");
  EXPECT_EQ(private_literal("2130706433"), "127.0.0.1");
  EXPECT_EQ(private_literal("::1"), "::1");
  EXPECT_EQ(private_literal("1.1.1.1"), "");
  EXPECT_EQ(private_literal("localhost"), "");
}

}  // namespace
}  // namespace reelspool
