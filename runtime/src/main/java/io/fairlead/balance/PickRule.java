package io.fairlead.balance;

/**
 * How strictly endpoints are left out of a pick; each next rule is used when the last found none.
 */
enum PickRule {
  /** Not tried in this call, let through by its breaker, and within its share while it warms up. */
  STRICT(""),
  /** As STRICT, but one that warms up takes more than its share. */
  WARMING_TOO("; still warming up, but no other was free"),
  /** Only the breaker is asked. */
  TRIED_TOO("; tried before in this call, but no other may take it");

  private final String remark;

  PickRule(String remark) {
    this.remark = remark;
  }

  /** What it adds to the reason of a pick. */
  String remark() {
    return remark;
  }
}
