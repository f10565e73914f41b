-- DropIndex
DROP INDEX "contract_version_contract_id_digest_key";

-- CreateIndex
CREATE INDEX "contract_version_contract_id_digest_idx" ON "contract_version"("contract_id", "digest");
