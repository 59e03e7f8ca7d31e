// Least privilege in MongoDB: a user per subgraph that reads and writes its own database only. The image runs it once.
for (const [name, password] of [
  ["movies", process.env.MONGO_MOVIES_PASSWORD],
  ["reviews", process.env.MONGO_REVIEWS_PASSWORD],
]) {
  db.getSiblingDB("admin").createUser({
    user: `marquee_${name}`,
    pwd: password,
    roles: [{ role: "readWrite", db: `marquee_${name}` }],
  });
}
