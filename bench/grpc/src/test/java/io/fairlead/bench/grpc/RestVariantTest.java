package io.fairlead.bench.grpc;

import io.fairlead.bench.Rehearsal;
import org.junit.jupiter.api.Test;

class RestVariantTest {
  @Test
  void answersRest() throws Exception {
    Rehearsal.rest(new FairleadVariants.Rest());
  }
}
