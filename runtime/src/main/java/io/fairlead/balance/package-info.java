/**
 * How an endpoint is chosen for a call: the bridge from discovery to grpc-java, the balancers, and
 * what keeps calls away from endpoints that are ill.
 */
@NullMarked
package io.fairlead.balance;

import org.jspecify.annotations.NullMarked;
