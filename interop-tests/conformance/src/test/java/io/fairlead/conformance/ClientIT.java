package io.fairlead.conformance;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The suite against clients. */
class ClientIT {
  private static final String PROGRAM = "ConformanceClient";

  @Test
  void blocking() throws IOException, InterruptedException {
    SuiteRun.client("client-blocking").knownFailing("client.txt").run(PROGRAM, "blocking");
  }

  @Test
  void async() throws IOException, InterruptedException {
    SuiteRun.client("client-async").knownFailing("client.txt").run(PROGRAM, "async");
  }

  @Test
  @Tag("control")
  void stock() throws IOException, InterruptedException {
    SuiteRun.client("client-stock").knownFailing("client-stock.txt").run(PROGRAM, "stock");
  }
}
