package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.contract.ServiceContract;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The limits of class files: 64 KB for a method, 65,535 constants for a class. */
class LargeServiceTest {
  @TempDir Path folder;

  @Test
  void theLargestServiceWithAPolicyForEachMethodCompilesAndLoads() throws Exception {
    StringBuilder text =
        new StringBuilder(
            """
            syntax = "proto3"; package shop; import "fairlead/options.proto";
            message Q { string key = 1; } message R {}
            service Large {
            """);
    for (int i = 0; i < 5000; i++) {
      text.append(
          """
          rpc DoTheThingOfNumber%1$d(Q) returns (%2$s R) {
            option idempotency_level = IDEMPOTENT;
            option (fairlead.method) = { deadline: "%3$dms" retry: { attempts: 4 codes: [UNAVAILABLE, ABORTED] } balancer: MAGLEV hash_key: "key" };
          }
          """
              .formatted(i, i % 3 == 0 ? "stream" : "", 100 + i));
    }
    Project.Compiled code = Project.of(folder, text.append("}").toString()).compile();
    Class<?> rpc = code.load("shop.LargeRpc");
    ServiceContract service = (ServiceContract) rpc.getMethod("service").invoke(null);
    assertThat(service.methods()).hasSize(5000);
    assertThat(service.methods().get(4999).policy().deadline()).contains(Duration.ofMillis(5099));
    assertThat((String) rpc.getMethod("serviceConfigJson").invoke(null))
        .isEqualTo(code.file("shop/Large.service_config.json"))
        .hasSizeGreaterThan(65_535);
  }

  @Test
  void aServiceThatNoClassFileCanHoldIsRefusedWithTheNumber() {
    StringBuilder text =
        new StringBuilder("syntax = \"proto3\"; package shop; message Q {}\nservice Large {\n");
    for (int i = 0; i < 9500; i++) {
      text.append("rpc M").append(i).append("(Q) returns (Q);\n");
    }
    Project project = Project.of(folder, text.append("}").toString());
    assertThat(project.mistakes())
        .containsExactly(
            "test.proto:2:9: service Large has 9500 methods, and a Java class for it holds at most"
                + " 5000; divide it into several services");
    assertThat(Generator.run(project.request("java=false")).getError()).isEmpty();
  }
}
