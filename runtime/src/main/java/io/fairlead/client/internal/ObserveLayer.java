package io.fairlead.client.internal;

/**
 * Tells observers how the call ended, and gives a failure its explanation.
 *
 * <p>The outcome is made here once, from the results of the attempts. It stands above all layers
 * that refuse calls, as a refused call is one that failed. A call that was cancelled before it was
 * started has nobody who listens, and is not reported.
 */
final class ObserveLayer extends ClientLayer {
  private final MethodConfig config;
  private final OutcomeReporter reporter;

  ObserveLayer(MethodConfig config, OutcomeReporter reporter) {
    this.config = config;
    this.reporter = reporter;
  }

  @Override
  void ended(LayeredCall call, CallEnd end) {
    if (call.hasListener()) {
      passUp(call, end.withStatus(reporter.callEnded(config, call, end)));
    }
  }

  @Override
  public String toString() {
    return "observe";
  }
}
