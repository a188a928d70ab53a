// Our matcher gives what the Lua 5.4 manual (6.4.1) promises; the expected values are those of Lua's own matcher.

#include "sbc/policy/pattern.h"

#include "support.h"

namespace sbc::policy::testing {
namespace {

struct Example {
  const char* expression;
  const char* result;
};

// Joins all results of the expression with "|".
std::string results_of(const std::string& expression) {
  return value_of(
      "(function(...) local t = {} for i = 1, select('#', ...) do t[i] = tostring((select(i, ...))) end "
      "return table.concat(t, '|') end)(" +
      expression + ")");
}

TEST(Pattern, AgreesWithLua) {
  const Example examples[] = {
      {"('hello world'):find('wor')", "7|9"},
      {"('hello world'):find('o', 6)", "8|8"},
      {"('hello'):find('l', -2)", "4|4"},
      {"('hello'):find('x')", "nil"},
      {"('hello'):find('')", "1|0"},
      {"('hello'):find('', 6)", "6|5"},
      {"('hello'):find('', 7)", "nil"},
      {"('a.b'):find('.', 1, true)", "2|2"},
      {"('a.b'):find('%.')", "2|2"},
      {"('key = value'):match('^(%w+)%s*=%s*(%w+)$')", "key|value"},
      {"('key = value'):match('^%w+$')", "nil"},
      {"('  trim  '):match('^%s*(.-)%s*$')", "trim"},
      {"('abc'):match('()b()')", "2|3"},
      {"('2026-11-21'):match('(%d+)-(%d+)-(%d+)')", "2026|11|21"},
      {"('f(a(b)c)d'):match('%b()')", "(a(b)c)"},
      {"('THE (quick) fox'):find('%f[%a]%a+%f[%A]')", "1|3"},
      {"('say \"hi\" now'):match('([\"\\'])(.-)%1')", "\"|hi"},
      {"('x]y'):match('[]]')", "]"},
      {"('x-y'):match('[a-]', 2)", "-"},
      {"('a1b2'):match('[^%d]+', 2)", "b"},
      {"('abc'):match('[a-c]+')", "abc"},
      {"('a^b'):match('[%^x]')", "^"},
      {"('abc123'):match('%a+(%d?)')", "1"},
      {"('aaa'):match('a-$')", "aaa"},
      {"('aaa'):match('^(a*)(a)$')", "aa|a"},
      {"('caa'):match('a*', 2)", "aa"},
      {"('$5'):match('%$%d')", "$5"},
      {"('a$'):match('a$$')", "a$"},
      {"('\\0a'):match('%z?a')", "a"},
      {"('a\\0b'):match('a%cb') == 'a\\0b'", "true"},
      {"('hello world'):gsub('o', '0')", "hell0 w0rld|2"},
      {"('hello'):gsub('', '-')", "-h-e-l-l-o-|6"},
      {"('abc'):gsub('%w', '%0%0')", "aabbcc|3"},
      {"('abc'):gsub('(a)(b)', '%2%1')", "bac|1"},
      {"('abc'):gsub('%w', '%%', 2)", "%%c|2"},
      {"('abc'):gsub('%w', { a = '1', b = true and 'x' })", "1xc|3"},
      {"('abc'):gsub('%w', function(c) if c == 'b' then return 'B' end end)", "aBc|3"},
      {"('abc'):gsub('^a', 'x')", "xbc|1"},
      {"('aaa'):gsub('^a', 'x')", "xaa|1"},
      {"('abc'):gsub('b*', 'x')", "xaxcx|3"},
      {"('a,b,,c'):gsub(',', ';')", "a;b;;c|3"},
      {"('x'):gsub('x', '%1')", "x|1"},
      {"('x'):gsub('x', 5)", "5|1"},
      {"('x'):rep(3, ',')", "x,x,x"},
      {"('x'):rep(0)", ""},
      {"('x'):rep(-1)", ""},
      {"('+43 (660) 1'):gsub('[^%d+]', '')", "+436601|4"},
  };
  for (const Example& example : examples)
    EXPECT_EQ(results_of(example.expression), example.result) << example.expression;
}

TEST(Pattern, GmatchWalksAllMatches) {
  const auto join = [](const std::string& call) {
    return invite("local t = {} for a, b in " + call +
                  " do t[#t + 1] = tostring(a) .. tostring(b or '') end return reject(404, table.concat(t, '|'))")
        .decision.reason;
  };
  EXPECT_EQ(join("('one two three'):gmatch('%a+')"), "one|two|three");
  EXPECT_EQ(join("('a=1, b=2'):gmatch('(%w+)=(%w+)')"), "a1|b2");
  EXPECT_EQ(join("('abc'):gmatch('b*')"), "|b|");
  EXPECT_EQ(join("('abc'):gmatch('', 5)"), "");
}

TEST(Pattern, MalformedOnesAreErrors) {
  const Example malformed[] = {
      {"('x'):find('[a')", "not closed by ]"},
      {"('x'):find('%')", "ends with %"},
      {"('x'):find('(x')", "not closed"},
      {"('x'):match('x)')", "without its ("},
      {"('x'):find('%1')", "no such capture"},
      {"('x'):find('%b')", "%b needs two"},
      {"('x'):find('%f')", "%f needs a set"},
      {"('x'):find(('()'):rep(33))", "more than 32 captures"},
      {"('x'):gsub('x', '%2')", "number of a capture"},
      {"('x'):gsub('x', '%')", "number of a capture"},
      {"('x'):gmatch('^x')", "starts with ^"},
      {"('x'):gsub('x', true)", "must be a string"},
      {"('x'):find(('x'):rep(257))", "256 characters"},
  };
  for (const Example& example : malformed)
    EXPECT_NE(value_of(example.expression).find(example.result), std::string::npos)
        << example.expression << " -> " << value_of(example.expression);
  EXPECT_EQ(value_of("('x'):find(('x'):rep(256))"), "nil");
}

TEST(Pattern, StopsAtItsBound) {
  const std::string subject(2000, 'a');
  Pattern costly(".-.-.-.-b", subject, 100'000);
  EXPECT_EQ(costly.find(0), Pattern::Result::TooCostly);
  EXPECT_LE(costly.steps_taken(), 100'001U + 100);
  Pattern cheap("a+b?$", subject, 100'000);
  EXPECT_EQ(cheap.find(0), Pattern::Result::Match);
  EXPECT_EQ(cheap.end(), 2000U);
}

TEST(Pattern, DeepNestingIsAnErrorNotACrash) {
  std::string pattern;
  for (int i = 0; i < 120; ++i) pattern += "a?";
  pattern += "b";
  const std::string subject(300, 'a');
  Pattern deep(pattern, subject, 1'000'000);
  EXPECT_NE(deep.find(0), Pattern::Result::Match);
}

}  // namespace
}  // namespace sbc::policy::testing
