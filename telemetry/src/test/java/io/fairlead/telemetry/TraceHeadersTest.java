package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of W3C Trace Context and Baggage, one row for each. */
class TraceHeadersTest {
  private static final String TRACE = "12345678901234567890123456789012";
  private static final String SPAN = "1234567890123456";
  private static final String VALID = "00-" + TRACE + "-" + SPAN + "-01";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        // version 00 has no more than four parts
        VALID + ".",
        VALID + "-what-the-future-will-be-like",
        // a later version goes on behind a dash
        "cc-12345678901234567890123456789012-1234567890123456-01.what",
        // a version that is forbidden, or none
        "ff-12345678901234567890123456789012-1234567890123456-01",
        ".0-12345678901234567890123456789012-1234567890123456-01",
        "0.-12345678901234567890123456789012-1234567890123456-01",
        "000-12345678901234567890123456789012-1234567890123456-01",
        "0-12345678901234567890123456789012-1234567890123456-01",
        // trace ids
        "00-00000000000000000000000000000000-1234567890123456-01",
        "00-.2345678901234567890123456789012-1234567890123456-01",
        "00-1234567890123456789012345678901.-1234567890123456-01",
        "00-A2345678901234567890123456789012-1234567890123456-01",
        "00-123456789012345678901234567890123-1234567890123456-01",
        "00-1234567890123456789012345678901-1234567890123456-01",
        // parent ids
        "00-12345678901234567890123456789012-0000000000000000-01",
        "00-12345678901234567890123456789012-.234567890123456-01",
        "00-12345678901234567890123456789012-123456789012345.-01",
        "00-12345678901234567890123456789012-12345678901234567-01",
        "00-12345678901234567890123456789012-123456789012345-01",
        // flags
        "00-12345678901234567890123456789012-1234567890123456-.0",
        "00-12345678901234567890123456789012-1234567890123456-0.",
        "00-12345678901234567890123456789012-1234567890123456-001",
        "00-12345678901234567890123456789012-1234567890123456-1",
        // other dashes
        "00_12345678901234567890123456789012-1234567890123456-01",
        "00-12345678901234567890123456789012_1234567890123456-01",
        "00-12345678901234567890123456789012-1234567890123456_01"
      })
  void aMalformedTraceparentIsIgnored(String header) {
    assertThat(TraceContext.parse(header, "")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "00-12345678901234567890123456789012-1234567890123456-01, 01",
    "00-12345678901234567890123456789012-1234567890123456-00, 00",
    "00-12345678901234567890123456789012-1234567890123456-03, 03",
    // flags that are not known are not passed on
    "00-12345678901234567890123456789012-1234567890123456-ff, 03",
    // a later version is read as far as it is known, and passed on as version 00
    "cc-12345678901234567890123456789012-1234567890123456-01, 01",
    "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like, 01",
    "'\t 00-12345678901234567890123456789012-1234567890123456-01 \t', 01"
  })
  void aValidTraceparentIsRead(String header, String flags) {
    TraceContext trace = TraceContext.parse(header, "").orElseThrow();
    assertThat(trace.traceId()).isEqualTo(TRACE);
    assertThat(trace.spanId()).isEqualTo(SPAN);
    assertThat(trace.traceparent()).isEqualTo("00-" + TRACE + "-" + SPAN + "-" + flags);
    assertThat(trace.sampled()).isEqualTo(!flags.equals("00"));
  }

  static Stream<String> goodStates() {
    String key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    StringBuilder value = new StringBuilder();
    for (char c = ' '; c <= '~'; c++) {
      value.append(c == ',' || c == '=' ? "" : c);
    }
    return Stream.of(
        "foo=1",
        "foo=1,bar=2",
        key + "=" + value,
        key + "@a-z0-9_-*/=1",
        "0tenant@system=1",
        "a".repeat(256) + "=1",
        "t".repeat(241) + "@" + "v".repeat(14) + "=1",
        "foo=" + "v".repeat(256),
        IntStream.range(0, 32).mapToObj(i -> "k" + i + "=" + i).collect(Collectors.joining(",")));
  }

  @ParameterizedTest
  @MethodSource("goodStates")
  void aValidTracestateIsPassedOn(String header) {
    assertThat(TraceHeaders.validState(header)).isEqualTo(header);
  }

  @ParameterizedTest
  @CsvSource({
    "'foo=1 \t , \t bar=2, \t baz=3', 'foo=1,bar=2,baz=3'",
    "' foo=1\t', foo=1",
    "',foo=1,,bar=2,', 'foo=1,bar=2'",
    "'', ''",
    "' , ', ''"
  })
  void spacesAndEmptyMembersAreAllowed(String header, String passedOn) {
    assertThat(TraceHeaders.validState(header)).isEqualTo(passedOn);
  }

  static Stream<String> badStates() {
    return Stream.of(
        "foo",
        "=1",
        "foo=",
        "foo =1",
        "FOO=1",
        "foo.bar=1",
        "1foo=1",
        "foo@=1,bar=2",
        "@foo=1,bar=2",
        "foo@@bar=1,bar=2",
        "foo@bar@baz=1,bar=2",
        "foo@1bar=1",
        "foo=bar=baz",
        "foo=\u00e9",
        "foo=1,foo=1",
        "foo=1,bar=2,foo=3",
        "a".repeat(257) + "=1",
        "t".repeat(242) + "@v=1",
        "t@" + "v".repeat(15) + "=1",
        "foo=" + "v".repeat(257),
        IntStream.range(0, 33).mapToObj(i -> "k" + i + "=" + i).collect(Collectors.joining(",")));
  }

  @ParameterizedTest
  @MethodSource("badStates")
  void aTracestateThatBreaksARuleIsDropped(String header) {
    assertThat(TraceHeaders.validState(header)).isEmpty();
    assertThat(TraceContext.parse(VALID, header).orElseThrow().traceId()).isEqualTo(TRACE);
  }

  @ParameterizedTest
  @CsvSource({
    "tenant=acme, acme",
    "'\t tenant \t=\t acme \t', acme",
    "tenant=a%20b%C3%A9, 'a b\u00e9'",
    "'tenant=acme;ttl=5 ; secret', acme",
    "tenant=a=b, a=b",
    "tenant=, ''",
    // two digits that are none stay as they are, and bytes that are no UTF-8 are replaced
    "tenant=5%, 5%",
    "tenant=%zz, %zz",
    "tenant=%ff, \uFFFD",
    "'tenant=old,tenant=new', new",
    "'rubbish,tenant=acme', acme"
  })
  void aMemberOfTheBaggageIsRead(String header, String value) {
    Map<String, String> members = BaggageHeader.parse(List.of(header), Set.of("tenant"));
    assertThat(members).containsOnlyKeys("tenant");
    assertThat(BaggageHeader.decode(members.getOrDefault("tenant", "none"))).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "tenant",
        "=acme",
        "Tenant=acme",
        "tenant=a b",
        "tenant=a\"b",
        "tenant=a\\b",
        "tenant=\u00e9",
        "tenant=a;p\u0007",
        "user=ann"
      })
  void aMalformedOrForeignMemberIsLeftOut(String header) {
    assertThat(BaggageHeader.parse(List.of(header), Set.of("tenant"))).isEmpty();
  }

  @Test
  void baggageIsBounded() {
    Set<String> keys =
        IntStream.range(0, 70).mapToObj(i -> "k" + i).collect(Collectors.toUnmodifiableSet());
    String many = keys.stream().map(key -> key + "=1").collect(Collectors.joining(","));
    assertThat(BaggageHeader.parse(List.of(many), keys)).hasSize(64);
    assertThat(BaggageHeader.parse(List.of("k1=" + "v".repeat(8200), "k2=1"), keys))
        .containsOnlyKeys("k2");
  }

  @Test
  void whatIsEncodedIsDecoded() {
    StringBuilder all = new StringBuilder("\u00e9\uD83D\uDE00");
    for (char c = 0; c < 256; c++) {
      all.append(c);
    }
    String encoded = BaggageHeader.encode(all.toString());
    assertThat(encoded).matches("[!-~]*").doesNotContain(",", ";", "\"", "\\", " ");
    assertThat(BaggageHeader.decode(encoded)).isEqualTo(all.toString());
  }
}
