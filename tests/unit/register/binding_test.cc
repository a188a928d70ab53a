#include "sbc/register/binding.h"

#include <gtest/gtest.h>

namespace sbc::registrar {
namespace {

const base::Instant kStart{base::hours(1000)};

ContactChange contact(std::string uri, std::uint32_t expires = 60) {
  ContactChange change;
  change.uri = std::move(uri);
  change.expires_s = expires;
  return change;
}

ContactChange flow_contact(std::string uri, std::string instance, std::string reg_id, std::uint32_t expires = 60) {
  ContactChange change = contact(std::move(uri), expires);
  change.instance = std::move(instance);
  change.reg_id = std::move(reg_id);
  return change;
}

Update update_of(std::string call_id, std::uint32_t cseq, std::vector<ContactChange> changes) {
  Update update;
  update.aor = "sip:bob@example.org";
  update.changes = std::move(changes);
  update.call_id = std::move(call_id);
  update.cseq = cseq;
  update.max_contacts = 10;
  return update;
}

std::vector<Binding> after(std::span<const Binding> current, const Update& update, base::Instant now = kStart) {
  auto merged = merge(current, update, now);
  EXPECT_TRUE(merged);
  return merged ? merged->bindings : std::vector<Binding>{};
}

TEST(Merge, AddsRefreshesAndRemoves) {
  const auto added = merge({}, update_of("c", 1, {contact("sip:bob@10.0.0.1")}), kStart);
  ASSERT_TRUE(added);
  EXPECT_EQ(added->added, 1U);
  ASSERT_EQ(added->bindings.size(), 1U);
  EXPECT_EQ(added->bindings[0].expires, kStart + base::seconds(60));

  const auto refreshed =
      merge(added->bindings, update_of("c", 2, {contact("sip:bob@10.0.0.1", 90)}), kStart + base::seconds(10));
  ASSERT_TRUE(refreshed);
  EXPECT_EQ(refreshed->refreshed, 1U);
  EXPECT_EQ(refreshed->added, 0U);
  EXPECT_EQ(refreshed->bindings[0].expires, kStart + base::seconds(100));
  EXPECT_EQ(refreshed->bindings[0].cseq, 2U);

  const auto removed = merge(refreshed->bindings, update_of("c", 3, {contact("sip:bob@10.0.0.1", 0)}), kStart);
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->removed, 1U);
  EXPECT_TRUE(removed->bindings.empty());
}

TEST(Merge, RemovingWhatIsNotThereIsFine) {
  const auto merged = merge({}, update_of("c", 1, {contact("sip:bob@10.0.0.1", 0)}), kStart);
  ASSERT_TRUE(merged);
  EXPECT_TRUE(merged->bindings.empty());
  EXPECT_EQ(merged->removed, 0U);
}

TEST(Merge, ContactsAreFoundByUriComparison) {
  const auto one = after({}, update_of("c", 1, {contact("sip:bob@PHONE.example.org;transport=udp")}));
  const auto two = after(one, update_of("c", 2, {contact("sip:%62ob@phone.example.org;transport=UDP")}));
  EXPECT_EQ(two.size(), 1U);
  const auto three = after(two, update_of("c", 3, {contact("sip:bob@phone.example.org;transport=tcp")}));
  EXPECT_EQ(three.size(), 2U);
}

TEST(Merge, SameCallIdDemandsAHigherCSeq) {
  const auto one = after({}, update_of("c", 5, {contact("sip:bob@10.0.0.1")}));
  for (std::uint32_t old : {4U, 5U}) {
    EXPECT_EQ(merge(one, update_of("c", old, {contact("sip:bob@10.0.0.1", 90)}), kStart).error(),
              UpdateError::OutOfOrder);
    EXPECT_EQ(merge(one, update_of("c", old, {contact("sip:bob@10.0.0.1", 0)}), kStart).error(),
              UpdateError::OutOfOrder);
  }
  EXPECT_TRUE(merge(one, update_of("c", 6, {contact("sip:bob@10.0.0.1")}), kStart));
  EXPECT_TRUE(merge(one, update_of("other", 1, {contact("sip:bob@10.0.0.1")}), kStart)) << "a new Call-ID starts anew";
}

TEST(Merge, OneOldContactAbortsTheWholeUpdate) {
  const auto one = after({}, update_of("c", 5, {contact("sip:bob@10.0.0.1")}));
  EXPECT_FALSE(merge(one, update_of("c", 5, {contact("sip:bob@10.0.0.2"), contact("sip:bob@10.0.0.1")}), kStart));
}

TEST(Merge, AContactTwiceInOneRequestIsNotOutOfOrderWithItself) {
  const auto merged =
      merge({}, update_of("c", 1, {contact("sip:bob@10.0.0.1", 60), contact("sip:bob@10.0.0.1", 90)}), kStart);
  ASSERT_TRUE(merged);
  ASSERT_EQ(merged->bindings.size(), 1U);
  EXPECT_EQ(merged->bindings[0].expires_in(kStart), 90U);
}

TEST(Merge, StarRemovesAllUnlessOneIsNewer) {
  const auto two = after({}, update_of("c", 5, {contact("sip:bob@10.0.0.1"), contact("sip:bob@10.0.0.2")}));
  Update star = update_of("c", 5, {});
  star.remove_all = true;
  EXPECT_EQ(merge(two, star, kStart).error(), UpdateError::OutOfOrder);
  star.cseq = 6;
  const auto merged = merge(two, star, kStart);
  ASSERT_TRUE(merged);
  EXPECT_TRUE(merged->bindings.empty());
  EXPECT_EQ(merged->removed, 2U);
  star.call_id = "other";
  star.cseq = 1;
  EXPECT_TRUE(merge(two, star, kStart)->bindings.empty());
}

TEST(Merge, ExpiredBindingsCountAsAbsent) {
  const auto one = after({}, update_of("c", 5, {contact("sip:bob@10.0.0.1", 60)}));
  const auto later = merge(one, update_of("c", 5, {contact("sip:bob@10.0.0.1", 60)}), kStart + base::seconds(60));
  ASSERT_TRUE(later) << "not out of order with what is gone";
  EXPECT_EQ(later->added, 1U);
}

TEST(Merge, TheContactLimitHoldsAtTheLimitAndOnePast) {
  Update update = update_of("c", 1, {});
  for (int i = 0; i < 10; ++i) update.changes.push_back(contact("sip:bob@10.0.0." + std::to_string(i)));
  const auto full = after({}, update);
  EXPECT_EQ(full.size(), 10U);
  EXPECT_EQ(merge(full, update_of("c", 2, {contact("sip:bob@10.0.1.1")}), kStart).error(),
            UpdateError::TooManyContacts);
  EXPECT_TRUE(merge(full, update_of("c", 2, {contact("sip:bob@10.0.0.1")}), kStart)) << "a refresh adds nothing";
  EXPECT_TRUE(merge(full, update_of("c", 2, {contact("sip:bob@10.0.0.1", 0), contact("sip:bob@10.0.1.1")}), kStart));
  Update lowered = update_of("c", 2, {contact("sip:bob@10.0.0.1")});
  lowered.max_contacts = 3;
  EXPECT_TRUE(merge(full, lowered, kStart)) << "who is there may stay";
}

TEST(Merge, TheSameInstanceAndRegIdReplaceTheBindingWhateverTheUri) {  // trap 72
  const auto one = after({}, update_of("boot-1", 7, {flow_contact("sip:bob@10.0.0.1:5000", "<urn:uuid:1>", "1")}));
  const auto merged =
      merge(one, update_of("boot-2", 1, {flow_contact("sip:bob@10.0.0.1:6000", "<urn:uuid:1>", "1")}), kStart);
  ASSERT_TRUE(merged);
  ASSERT_EQ(merged->bindings.size(), 1U);
  EXPECT_EQ(merged->refreshed, 1U);
  EXPECT_EQ(merged->bindings[0].contact_uri, "sip:bob@10.0.0.1:6000");
}

TEST(Merge, AnotherRegIdOrInstanceIsAnotherBinding) {
  const auto one = after({}, update_of("c", 1, {flow_contact("sip:bob@10.0.0.1", "<urn:uuid:1>", "1")}));
  const auto two = after(one, update_of("c", 2, {flow_contact("sip:bob@10.0.0.1", "<urn:uuid:1>", "2")}));
  EXPECT_EQ(two.size(), 2U);
  const auto three = after(two, update_of("d", 1, {flow_contact("sip:bob@10.0.0.1", "<urn:uuid:2>", "1")}));
  EXPECT_EQ(three.size(), 3U);
}

TEST(Merge, AnOldRequestOfTheSameFlowIsOutOfOrder) {
  const auto one = after({}, update_of("c", 5, {flow_contact("sip:bob@10.0.0.1:5000", "<urn:uuid:1>", "1")}));
  EXPECT_EQ(merge(one, update_of("c", 4, {flow_contact("sip:bob@10.0.0.1:6000", "<urn:uuid:1>", "1")}), kStart).error(),
            UpdateError::OutOfOrder);
}

TEST(Merge, ARebootedPhoneReplacesItsOldBindingWithoutRegIdToo) {
  const auto one = after({}, update_of("boot-1", 7, {flow_contact("sip:bob@10.0.0.1:5000", "<urn:uuid:1>", "")}));
  const auto merged =
      merge(one, update_of("boot-2", 1, {flow_contact("sip:bob@10.0.0.1:6000", "<urn:uuid:1>", "")}), kStart);
  ASSERT_TRUE(merged);
  ASSERT_EQ(merged->bindings.size(), 1U);
  EXPECT_EQ(merged->added, 1U);
  EXPECT_EQ(merged->removed, 1U);
}

TEST(Merge, WithinOneCallIdAnInstanceMayHoldSeveralContacts) {
  const auto two = after({}, update_of("c", 1,
                                       {flow_contact("sip:bob@10.0.0.1;transport=udp", "<urn:uuid:1>", ""),
                                        flow_contact("sip:bob@10.0.0.1;transport=tcp", "<urn:uuid:1>", "")}));
  EXPECT_EQ(two.size(), 2U);
  EXPECT_EQ(after(two, update_of("c", 2, {flow_contact("sip:bob@10.0.0.1;transport=udp", "<urn:uuid:1>", "")})).size(),
            2U);
}

TEST(Merge, APhoneThatStartsToUseRegIdReplacesItsPlainBinding) {
  const auto one = after({}, update_of("c", 1, {contact("sip:bob@10.0.0.1")}));
  EXPECT_EQ(after(one, update_of("c", 2, {flow_contact("sip:bob@10.0.0.1", "<urn:uuid:1>", "1")})).size(), 1U);
}

TEST(Merge, AnUnregisterWithoutParametersFindsTheFlowByItsUri) {
  const auto one = after({}, update_of("c", 1, {flow_contact("sip:bob@10.0.0.1", "<urn:uuid:1>", "1")}));
  EXPECT_TRUE(after(one, update_of("c", 2, {contact("sip:bob@10.0.0.1", 0)})).empty());
}

TEST(Merge, TheResultIsOrderedByQThenRecency) {
  auto low = contact("sip:bob@10.0.0.1");
  low.q = 0.3F;
  const auto one = after({}, update_of("a", 1, {low, contact("sip:bob@10.0.0.2")}));
  const auto all = after(one, update_of("b", 1, {contact("sip:bob@10.0.0.3")}), kStart + base::seconds(1));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].contact_uri, "sip:bob@10.0.0.3");
  EXPECT_EQ(all[1].contact_uri, "sip:bob@10.0.0.2");
  EXPECT_EQ(all[2].contact_uri, "sip:bob@10.0.0.1");
}

TEST(Binding, RemainingSecondsAreRoundedUp) {
  Binding binding;
  binding.expires = kStart + base::seconds(60);
  EXPECT_EQ(binding.expires_in(kStart), 60U);
  EXPECT_EQ(binding.expires_in(kStart + base::milliseconds(1)), 60U);
  EXPECT_EQ(binding.expires_in(kStart + base::milliseconds(59'001)), 1U);
  EXPECT_EQ(binding.expires_in(kStart + base::seconds(60)), 0U);
  EXPECT_EQ(binding.expires_in(kStart + base::seconds(99)), 0U);
}

}  // namespace
}  // namespace sbc::registrar
