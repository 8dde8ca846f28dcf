package io.fairlead.interop.report;

/** What became of one case. */
enum Verdict {
  PASS("pass"),
  FAIL("FAIL"),
  /** The case says nothing about this peer; the reason says why. */
  NOT_APPLICABLE("n/a"),
  /** It fails, the fault is the peer's, and the reason names the peer's own issue. */
  PEER_IS_WRONG("peer is wrong"),
  /** A tool is missing on this machine. */
  SKIPPED("skipped"),
  /** Announced, and then never run: always an error. */
  NOT_RUN("NOT RUN");

  private final String text;

  Verdict(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }
}
