// GRUUs (RFC 5627) of the local registrar.

#include "sbc/register/gruu.h"

#include "media-relay/base/text.h"

#include "sbc/sip/uri.h"

#include "stage.h"

namespace sbc::registrar {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const std::string kContact = "Contact: <sip:bob@10.0.0.5>;+sip.instance=\"<urn:uuid:1>\"";
constexpr const char* kSupported = "Supported: gruu";

class GruuTest : public Stage {
 protected:
  // The value of a parameter of the only contact.
  static std::string param(const Plan& plan, const std::string& name) {
    const auto contacts = values(plan, "Contact");
    if (contacts.size() != 1) return "not one contact";
    const auto address = sip::parse_name_addr(contacts.front());
    return sip::unquote(address->param(name).value_or(""));
  }
  static std::string user(const std::string& uri) { return std::string(sip::parse_uri(uri)->user); }
  std::vector<Binding> at(const std::string& temp_gruu) {
    const auto epoch = gruus.epoch_of(user(temp_gruu));
    return epoch ? store.lookup_gruu(*epoch, now.instant) : std::vector<Binding>{};
  }
};

TEST_F(GruuTest, APhoneThatListsGruuGetsBothKinds) {
  const Plan plan = bind({kContact, kSupported});
  const auto pub = param(plan, "pub-gruu");
  EXPECT_TRUE(pub.starts_with("sip:bob@example.org;gr=")) << pub;
  EXPECT_EQ(pub.find("uuid"), std::string::npos) << "the instance is nobody's business";
  const auto temp = param(plan, "temp-gruu");
  EXPECT_TRUE(temp.ends_with("@example.org;gr")) << temp;
  ASSERT_THAT(at(temp), SizeIs(1));
  EXPECT_EQ(at(temp).front().contact_uri, "sip:bob@10.0.0.5");
  EXPECT_TRUE(has_gr(bob().front(), *sip::parse_uri(pub)->param("gr")));
  EXPECT_FALSE(has_gr(bob().front(), "else"));
}

TEST_F(GruuTest, NobodyElseGetsAny) {
  EXPECT_EQ(param(bind({kContact}), "pub-gruu"), "");
  EXPECT_EQ(param(bind({"Contact: <sip:bob@10.0.0.5>", kSupported}), "temp-gruu"), "");
  EXPECT_EQ(param(bind({kContact + ";pub-gruu=\"sip:x@y;gr=1\";temp-gruu=\"sip:z@y;gr\""}), "temp-gruu"), "")
      << "5.1: what the phone says of its GRUUs is ignored";
}

TEST_F(GruuTest, RequireGruuIsUnderstood) {
  EXPECT_EQ(bind({kContact, "Require: gruu"}).status, 200);
}

// 5.1: the public one stays, a temporary one is new with each REGISTER, and all of them lead to the phone.
TEST_F(GruuTest, EachRegisterBringsANewTemporaryOneAndTheOldOnesStayGood) {
  const Plan first = bind({kContact, kSupported});
  const Plan second = bind({kContact, kSupported});
  EXPECT_EQ(param(first, "pub-gruu"), param(second, "pub-gruu"));
  const auto one = param(first, "temp-gruu");
  const auto two = param(second, "temp-gruu");
  EXPECT_NE(one, two);
  EXPECT_NE(user(one).substr(16, 16), user(two).substr(16, 16)) << "nothing in them is alike";
  EXPECT_THAT(at(one), SizeIs(1));
  EXPECT_THAT(at(two), SizeIs(1));
}

TEST_F(GruuTest, AnotherCallIdEndsTheTemporaryOnesAndKeepsThePublicOne) {
  const Plan before = bind({kContact, kSupported}, "boot-1");
  const Plan after = bind({kContact, kSupported}, "boot-2");
  EXPECT_EQ(param(before, "pub-gruu"), param(after, "pub-gruu"));
  EXPECT_THAT(at(param(before, "temp-gruu")), IsEmpty());
  EXPECT_THAT(at(param(after, "temp-gruu")), SizeIs(1));
}

TEST_F(GruuTest, AllFlowsOfAnInstanceAreBehindOneGruu) {
  const Plan first = bind({kContact + ";reg-id=1", kSupported}, "one");
  bind({kContact + ";reg-id=2", kSupported}, "two", udp_source("198.51.100.7:40002"));
  EXPECT_THAT(at(param(first, "temp-gruu")), SizeIs(2));
  bind({"Contact: <sip:bob@10.0.0.9>;+sip.instance=\"<urn:uuid:2>\"", kSupported}, "three");
  EXPECT_THAT(at(param(first, "temp-gruu")), SizeIs(2));
  // 5.1: the flow that comes back under another Call-ID speaks for the instance.
  bind({kContact + ";reg-id=2", kSupported}, "four", udp_source("198.51.100.7:40002"));
  EXPECT_THAT(at(param(first, "temp-gruu")), IsEmpty());
}

// 5.3
TEST_F(GruuTest, ATemporaryOneEndsWithTheLastContact) {
  const auto temp = param(bind({kContact, kSupported}), "temp-gruu");
  bind({kContact + ";expires=0", kSupported});
  EXPECT_THAT(at(temp), IsEmpty());
  const auto again = param(bind({kContact, kSupported}), "temp-gruu");
  EXPECT_THAT(at(temp), IsEmpty());
  pass(base::hours(2));
  store.expire(now.instant);
  EXPECT_THAT(at(again), IsEmpty());
}

// 5.1: it would lead to itself.
TEST_F(GruuTest, AContactThatIsTheAddressOfRecordOrAGruuIsRefused) {
  const std::string instance = ";+sip.instance=\"<urn:uuid:1>\"";
  const Plan plan = bind({kContact, kSupported});
  for (const auto& uri : {std::string("sip:bob@EXAMPLE.org"), param(plan, "pub-gruu"), param(plan, "temp-gruu")})
    EXPECT_EQ(bind({"Contact: <" + uri + ">" + instance}).status, 403) << uri;
  EXPECT_EQ(registrar.counters().forbidden, 3U);
}

TEST_F(GruuTest, StrangersCannotMakeOne) {
  const auto temp = user(param(bind({kContact, kSupported}), "temp-gruu"));
  EXPECT_TRUE(gruus.epoch_of(base::to_lower(temp)));
  EXPECT_FALSE(gruus.epoch_of(""));
  EXPECT_FALSE(gruus.epoch_of(temp + "0"));
  EXPECT_FALSE(gruus.epoch_of(std::string(44, 'z')));
  for (std::size_t i = 0; i < temp.size(); ++i) {
    std::string bent = temp;
    bent[i] = bent[i] == '0' ? '1' : '0';
    EXPECT_FALSE(gruus.epoch_of(bent)) << i;
  }
  EXPECT_FALSE(Gruus(base::HashKey{6, 5}).epoch_of(temp));
}

}  // namespace
}  // namespace sbc::registrar
