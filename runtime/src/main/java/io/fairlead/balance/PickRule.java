package io.fairlead.balance;

/**
 * How strictly endpoints are left out of a pick; each next rule is used when the last found none.
 */
enum PickRule {
  /** Not tried in this call, let through by its breaker, and within its share while it warms up. */
  STRICT {
    @Override
    boolean allows(Attempt attempt, EndpointView candidate) {
      return !attempt.tried(candidate)
          && attempt.gateAllows(candidate)
          && (!(candidate instanceof Warming warming)
              || warming.share() >= 1
              || attempt.tossFor(candidate) < warming.share());
    }

    @Override
    String explain(String reason) {
      return reason;
    }
  },
  /** As STRICT, but one that warms up takes more than its share. */
  WARMING_TOO {
    @Override
    boolean allows(Attempt attempt, EndpointView candidate) {
      return !attempt.tried(candidate) && attempt.gateAllows(candidate);
    }

    @Override
    String explain(String reason) {
      return reason + "; still warming up, but no other was free";
    }
  },
  /** Only the breaker is asked. */
  TRIED_TOO {
    @Override
    boolean allows(Attempt attempt, EndpointView candidate) {
      return attempt.gateAllows(candidate);
    }

    @Override
    String explain(String reason) {
      return reason + "; tried before in this call, but no other may take it";
    }
  };

  abstract boolean allows(Attempt attempt, EndpointView candidate);

  abstract String explain(String reason);

  /** A view that takes only a share of its calls for a while. */
  interface Warming {
    /** From 0 to 1. */
    double share();
  }
}
