package io.fairlead.interop.contract;

import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The service config that our plugin writes, in stock clients of other languages. */
class ServiceConfigIT {
  /** A server fails twice and then answers; the client says nothing of retries itself. */
  private static final String RETRY = "config_retry";

  /** A server never answers; the client says nothing of a deadline itself. */
  private static final String DEADLINE = "config_deadline";

  private static final String NOT_EARLY = "config_deadline_not_early";

  private static final String GRPC_CORE =
      "gRPC's C core lets a timeout of a service config end up to 1.5 s early, and a shorter one at"
          + " once: grpc/grpc#34547; state such a deadline at the call";

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
  Stream<DynamicTest> cpp() {
    return clients(Language.CPP);
  }

  @TestFactory
  Stream<DynamicTest> rust() {
    Cases cases = Cases.of(Area.SERVICE_CONFIG, Language.RUST.title(), Direction.THEIR_CLIENT);
    for (String name : List.of(RETRY, DEADLINE, NOT_EARLY)) {
      cases.notApplicable(name, "tonic reads no service config");
    }
    return cases.tests();
  }

  private static Stream<DynamicTest> clients(Language language) {
    Cases cases = Cases.of(Area.SERVICE_CONFIG, language.title(), Direction.THEIR_CLIENT);
    Supplier<ClientRun> run =
        cases.shared(() -> ClientRun.of(language, List.of(RETRY, DEADLINE, NOT_EARLY)));
    cases.test(RETRY, () -> run.get().check(RETRY));
    cases.test(DEADLINE, () -> run.get().check(DEADLINE));
    if (language == Language.PYTHON || language == Language.CPP) {
      cases.peerIsWrong(NOT_EARLY, GRPC_CORE, () -> run.get().check(NOT_EARLY));
    } else {
      cases.test(NOT_EARLY, () -> run.get().check(NOT_EARLY));
    }
    return cases.tests();
  }
}
