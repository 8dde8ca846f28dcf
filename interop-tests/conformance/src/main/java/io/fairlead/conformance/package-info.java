/**
 * The programs that Connect's conformance suite tests: a server and a client, each on Fairlead and,
 * as a control, on stock grpc-java.
 */
@NullMarked
package io.fairlead.conformance;

import org.jspecify.annotations.NullMarked;
