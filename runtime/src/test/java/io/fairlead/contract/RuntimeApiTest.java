package io.fairlead.contract;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class RuntimeApiTest {
  @Test
  void everySupportedLevelIsAccepted() {
    for (int level = RuntimeApi.OLDEST_LEVEL; level <= RuntimeApi.LEVEL; level++) {
      int supported = level;
      assertThatCode(() -> RuntimeApi.require(supported)).doesNotThrowAnyException();
    }
  }

  @Test
  void codeOfANewerGeneratorIsRefused() {
    assertThatIllegalStateException()
        .isThrownBy(() -> RuntimeApi.require(RuntimeApi.LEVEL + 1))
        .withMessage(
            "this code was generated for Fairlead runtime API level 3, but the fairlead-runtime on"
                + " the class path is level 2; raise fairlead-runtime to the version of"
                + " protoc-gen-fairlead, or above");
  }

  @Test
  void codeOfAnOlderGeneratorIsRefused() {
    assertThatIllegalStateException()
        .isThrownBy(() -> RuntimeApi.require(1))
        .withMessage(
            "this code was generated for level 1, whose types have moved; generate it again with"
                + " protoc-gen-fairlead of this version");
  }
}
