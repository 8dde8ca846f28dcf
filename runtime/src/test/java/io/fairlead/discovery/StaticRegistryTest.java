package io.fairlead.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.internal.resolve.StaticRegistryProvider;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StaticRegistryTest {
  private final StaticRegistryProvider provider = new StaticRegistryProvider();

  @Test
  void aTargetNamesEndpointsAndTheirData() {
    List<Endpoint> endpoints =
        endpoints(
            "static:///inventory?endpoint=10.0.0.2:50051"
                + "&endpoint=[::1]:50052;zone=a;weight=50;version=2;rack=r7");
    assertThat(endpoints)
        .extracting(e -> e.addresses().get(0).hostAndPort())
        .containsExactly("10.0.0.2:50051", "[::1]:50052");
    Endpoint second = endpoints.get(1);
    assertThat(second.zone()).contains("a");
    assertThat(second.weight()).isEqualTo(50);
    assertThat(second.version()).contains("2");
    assertThat(second.tags()).isEqualTo(Map.of("rack", "r7"));
  }

  @Test
  void anAuthorityIsAnEndpointToo() {
    assertThat(endpoints("static://10.0.0.1:1/inventory?endpoint=10.0.0.2:2")).hasSize(2);
  }

  @Test
  void mistakesInATargetAreNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> endpoints("static:///inventory"))
        .withMessageContaining("add ?endpoint=host:port");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> endpoints("static:///inventory?endpoint=nohost"))
        .withMessageContaining("\"nohost\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> endpoints("static:///inventory?endpoint=h:1;zone"))
        .withMessageContaining("name=value");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> endpoints("static:///?endpoint=h:1"))
        .withMessageContaining("names no service");
  }

  @Test
  void nothingCanBeRegisteredAndUnknownServicesAreAbsent() {
    StaticRegistry registry = StaticRegistry.of("inventory", Endpoint.of("a", "h", 1));
    List<Resolution> seen = new ArrayList<>();
    registry.watch("other", seen::add).close();
    assertThat(seen).containsExactly(new Resolution.Absent("other", 0));
    assertThatThrownBy(() -> registry.register("inventory", Endpoint.of("b", "h", 2)))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("inventory/b");
  }

  @Test
  void twoEndpointsWithOneIdAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                StaticRegistry.of("inventory", Endpoint.of("a", "h", 1), Endpoint.of("a", "h", 2)))
        .withMessageContaining("same id");
  }

  private List<Endpoint> endpoints(String target) {
    List<Resolution> seen = new ArrayList<>();
    provider.open(URI.create(target)).watch("inventory", seen::add).close();
    return ((Resolution.Bound) seen.get(0)).snapshot().endpoints();
  }
}
