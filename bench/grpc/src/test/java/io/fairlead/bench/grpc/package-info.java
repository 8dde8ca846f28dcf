@NullMarked
package io.fairlead.bench.grpc;

import org.jspecify.annotations.NullMarked;
