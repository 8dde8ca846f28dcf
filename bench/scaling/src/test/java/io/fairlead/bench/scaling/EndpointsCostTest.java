package io.fairlead.bench.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With few endpoints: that it measures. {@code bench/scaling/run} does it with a thousand. */
@Timeout(60)
class EndpointsCostTest {
  @Test
  void allEndpointsReportAndTheCostIsNamed() throws Exception {
    assertThat(EndpointsCost.measure(20, Duration.ofSeconds(1)))
        .contains(
            "endpoints                      20, ", "at least          20 report", " of a core");
  }
}
