package io.fairlead.client.internal;

/** Tells observers how the call ended, and explains a failure to its caller. */
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
