package io.fairlead.interop.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Clients in other languages call a server of ours; every case ran in one program. */
class TheirClientsIT {
  @TestFactory
  Stream<DynamicTest> go() {
    return clients(Language.GO);
  }

  @TestFactory
  Stream<DynamicTest> python() {
    return clients(Language.PYTHON);
  }

  @TestFactory
  Stream<DynamicTest> node() {
    return clients(Language.NODE);
  }

  @TestFactory
  Stream<DynamicTest> rust() {
    return clients(Language.RUST);
  }

  @TestFactory
  Stream<DynamicTest> cpp() {
    return clients(Language.CPP);
  }

  private static Stream<DynamicTest> clients(Language language) {
    Cases cases = Cases.of(Area.CONTRACT, language.title(), Direction.THEIR_CLIENT);
    Supplier<ClientRun> run =
        cases.shared(
            () ->
                ClientRun.of(
                    language,
                    ContractCase.ids().stream()
                        .filter(id -> language != Language.RUST || !id.equals("trailers"))
                        .toList()));
    for (ContractCase each : ContractCase.values()) {
      if (language == Language.RUST && each == ContractCase.TRAILERS) {
        cases.notApplicable(each.id(), "tonic mixes the trailers of a reply into its headers");
      } else {
        cases.test(each.id(), () -> check(run.get(), each));
      }
    }
    return cases.tests();
  }

  private static void check(ClientRun run, ContractCase each) {
    run.check(each.id());
    if (each == ContractCase.COMPRESSION) {
      long[] counted = run.counted();
      assertThat(counted[0]).as("bytes of the request").isBetween(1L, ContractCase.PACKED);
      assertThat(counted[1]).as("bytes of the reply").isBetween(1L, ContractCase.PACKED);
    }
  }
}
