package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.opentest4j.TestAbortedException;

final class RealEtcdTest {
  // "a" and "1" in base 64, as etcd's JSON wants keys and values.
  private static final String PUT = "{\"key\":\"YQ==\",\"value\":\"MQ==\"}";
  private static final String RANGE = "{\"key\":\"YQ==\"}";

  private final HttpClient http = HttpClient.newHttpClient();

  @ParameterizedTest
  @EnumSource
  void keepsItsDataOverAKillAndLosesItByAWipe(EtcdRelease release) throws Exception {
    try (RealEtcd etcd = RealEtcd.start(release)) {
      String endpoint = etcd.endpoint();
      post(etcd, "put", PUT);
      etcd.kill();
      assertThatThrownBy(() -> connect(etcd)).isInstanceOf(IOException.class);

      etcd.restart();
      assertThat(etcd.endpoint()).isEqualTo(endpoint);
      assertThat(post(etcd, "range", RANGE)).contains("\"value\":\"MQ==\"");

      etcd.wipe();
      assertThat(post(etcd, "range", RANGE)).doesNotContain("MQ==").contains("\"revision\":\"1\"");
    }
  }

  @Test
  void aPausedOneTakesConnectionsButDoesNotAnswer() throws Exception {
    try (RealEtcd etcd = RealEtcd.start(EtcdRelease.INSTALLED)) {
      etcd.pause();
      connect(etcd);
      HttpRequest hanging = request(etcd, "range", RANGE).timeout(Duration.ofMillis(300)).build();
      assertThatThrownBy(() -> http.send(hanging, HttpResponse.BodyHandlers.ofString()))
          .isInstanceOf(java.net.http.HttpTimeoutException.class);

      etcd.resume();
      assertThat(post(etcd, "range", RANGE)).contains("revision");
    }
  }

  @Test
  void saysWhyItDoesNotStart() {
    // Skips the test where there is none, before anything is expected to fail.
    assertThat(EtcdRelease.INSTALLED.binary()).exists();
    RealEtcd.Builder wrong =
        RealEtcd.builder(EtcdRelease.INSTALLED).arguments("--no-such-argument");

    assertThatThrownBy(wrong::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no-such-argument");
  }

  @Test
  void aMissingToolSkipsUnlessAllAreRequired() {
    assertThatThrownBy(() -> ToolAssumption.skip("tool", "apt-get install tool", ""))
        .isInstanceOf(TestAbortedException.class)
        .hasMessage("tool is missing; install it: apt-get install tool");
    assertThatThrownBy(() -> ToolAssumption.skip("tool", "apt-get install tool", "all"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("FAIRLEAD_REQUIRE=all");
  }

  private static void connect(RealEtcd etcd) throws IOException {
    new Socket(InetAddress.getLoopbackAddress(), etcd.port()).close();
  }

  private String post(RealEtcd etcd, String method, String body) throws Exception {
    HttpRequest request = request(etcd, method, body).timeout(Duration.ofSeconds(30)).build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  private static HttpRequest.Builder request(RealEtcd etcd, String method, String body) {
    return HttpRequest.newBuilder(URI.create(etcd.endpoint() + "/v3/kv/" + method))
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }
}
