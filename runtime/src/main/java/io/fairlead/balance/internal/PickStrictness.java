package io.fairlead.balance.internal;

/**
 * How strictly endpoints are left out of a pick; each next rule is used when the last found none.
 */
enum PickStrictness {
  /** Not tried in this call, let through by its breaker, and within its share while it warms up. */
  STRICT(""),
  /** As STRICT, but one that warms up takes more than its share. */
  ALLOW_WARMING("; still warming up, but no other was free"),
  /** Only the breaker is asked. */
  ALLOW_TRIED("; tried before in this call, but no other may take it");

  private final String remark;

  PickStrictness(String remark) {
    this.remark = remark;
  }

  /** What it adds to the reason of a pick. */
  String remark() {
    return remark;
  }
}
