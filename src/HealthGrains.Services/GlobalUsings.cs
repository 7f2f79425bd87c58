// The messages of the public contract. Many of them have the same names as the domain's own types, so they are always
// written with this prefix: where wire and domain meet, it is seen which one is meant.
global using Wire = HealthGrains.Contracts.V1;
